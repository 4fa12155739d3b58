-- A part that Genesys refuses is replaced by smaller ones.
alter table delivery_part drop constraint delivery_part_state_check;
alter table delivery_part add check (state in ('intended', 'sent', 'settled', 'split'));
alter table delivery_part add column attempts integer not null default 0;
alter table delivery_part add column sent_at timestamptz;
-- For receipts of Genesys that name only a job: the part of that job.
create index delivery_part_job on delivery_part (job_id) where job_id is not null;

-- Batches of a part are sent together, and their job is read for all of them.
alter table batch add column part_id text collate "C" references delivery_part (id) on delete cascade;
-- settle() closes a part with its last batch. recordTry() and splitPart() read its batches.
create index batch_part on batch (part_id) where part_id is not null;

alter table upload add column duplicate_check_field text;

-- For an overwrite: whether the upload intends to clear its list, and whether the list is known to
-- be clear. Also how many contacts the list had before.
alter table upload add column clearing text check (clearing in ('intended', 'done'));
alter table upload add column clearing_size_before bigint;
-- For clearing(): whether a later upload of the same lane was already delivered.
create index upload_lane_order on upload (lane_key, accepted_seq);

-- How much of the register still counts, for each list that was ever overwritten. A row of the
-- register below `cleared_seq` does not count at all. A row below `doubt_seq` counts without its
-- content. So resetting the register writes one row, however large the list is.
create table list_clearing (
  list_id text primary key,
  cleared_seq bigint not null default 0,
  doubt_seq bigint not null default 0,
  cleared_at timestamptz
);
