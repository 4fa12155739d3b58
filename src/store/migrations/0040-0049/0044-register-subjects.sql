-- The subjects of a contact in the register: of the digest of each phone and address, as `chunk.subjects` has them, the first eight bytes as a number. A new
-- do-not-call entry finds by them who was delivered before. In the row itself, because rows of a table of their own would double the register.
-- `subject_1` null: not made yet, or its chunk was gone by then. Others null: the contact has no more.
alter table contact_register add column subject_1 bigint;
alter table contact_register add column subject_2 bigint;
alter table contact_register add column subject_3 bigint;
-- Of a contact with more than three.
alter table contact_register add column more_subjects bigint[];
-- foundAmong(): who of all registers has a subject.
create index contact_register_subject_1 on contact_register (subject_1) where subject_1 is not null;
create index contact_register_subject_2 on contact_register (subject_2) where subject_2 is not null;
create index contact_register_subject_3 on contact_register (subject_3) where subject_3 is not null;
create index contact_register_more_subjects on contact_register using gin (more_subjects) where more_subjects is not null;
-- fill(): whose subjects are to be made.
create index contact_register_unfilled on contact_register (register_id, upload_id) where subject_1 is null;
-- Contacts of it that no entry finds, because their chunks were gone before their subjects were made.
alter table register add column unfilled integer not null default 0;
