-- Of each row left out, in their order, the line of the file that replaced it: four bytes each, little-endian. Empty for uploads staged
-- before they were kept.
alter table chunk add column replaced_by bytea not null default '';
