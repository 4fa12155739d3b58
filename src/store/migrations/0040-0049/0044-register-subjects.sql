-- The subjects of a contact in the register. Each is the first eight bytes, as a number, of the
-- digest of a phone or address (`chunk.subjects`). With them, the gateway finds the contacts that
-- were delivered before a new do-not-call entry. They are in the row of the contact, because a
-- separate table would double the size of the register.
--
-- `subject_1` null: the contact has no subject, its subjects are not computed yet, or its chunk was
-- deleted before that. Another of these columns null: the contact has no more subjects.
alter table contact_register add column subject_1 bigint;
alter table contact_register add column subject_2 bigint;
alter table contact_register add column subject_3 bigint;
-- Further subjects of a contact that has more than three.
alter table contact_register add column more_subjects bigint[];
-- For contactsWith(): the contacts of all registers that have a subject.
create index contact_register_subject_1 on contact_register (subject_1) where subject_1 is not null;
create index contact_register_subject_2 on contact_register (subject_2) where subject_2 is not null;
create index contact_register_subject_3 on contact_register (subject_3) where subject_3 is not null;
create index contact_register_more_subjects on contact_register using gin (more_subjects) where more_subjects is not null;
-- For fill(): the contacts whose subjects are not computed yet.
create index contact_register_unfilled on contact_register (register_id, upload_id) where subject_1 is null;
-- How many contacts of the register have no `subject_1`, so that no entry finds them.
alter table register add column unfilled integer not null default 0;
