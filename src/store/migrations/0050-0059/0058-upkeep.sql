-- Work that one instance does for all instances: it deletes data past its retention, and seals
-- again the data that older encryption keys have sealed.
create table upkeep (
  task text primary key check (task in ('retention', 'resealing')),
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  ready_at timestamptz not null default clock_timestamp()
);
insert into upkeep (task) values ('retention'), ('resealing');

-- The encryption keys under which data is sealed, or may be sealed. The row of a key is deleted
-- when no data is sealed under the key and no instance still uses it to seal.
create table encryption_key (
  id text primary key,
  -- When an instance last reported that it seals under this key.
  seen_at timestamptz not null default clock_timestamp()
);
insert into encryption_key (id)
  select key_id from store_secret
  union select data_key_id from upload where data_key_id is not null
  union select data_key_id from dnc_submission where data_key_id is not null
  union select data_key_id from guest_file where data_key_id is not null
  union select secret_key_id from sync_endpoint
  union select previous_secret_key_id from sync_endpoint where previous_secret_key_id is not null;

-- For the rule `staged-rows`: ended uploads whose rows are still readable, in the order of their
-- ends.
create index upload_rows_kept on upload (completed_at) where data_key is not null and completed_at is not null;
-- The deletion of an upload past its retention also deletes its batches. It finds the split ones by
-- this index, and all others by batch_order. A foreign key would search for both kinds together,
-- and would read the whole table for each upload, because no index contains both. Nothing else
-- deletes an upload that has batches.
create index batch_split on batch (upload_id) where state = 'split';
alter table batch drop constraint batch_upload_id_fkey;
-- Finds keys past their retention. The times of keys are roughly in the order of their rows, so an
-- index with a few bytes for many pages is enough.
create index idempotency_key_old on idempotency_key using brin (created_at);
