-- For each row that was left out as a duplicate, in order: the line of the file that replaced it,
-- in four bytes, little-endian. Empty for uploads that were staged before these lines were stored.
alter table chunk add column replaced_by bytea not null default '';
