-- Work that one instance does for all of them: what is past its retention goes, and what older encryption keys sealed is sealed anew.
create table upkeep (
  task text primary key check (task in ('retention', 'resealing')),
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  ready_at timestamptz not null default clock_timestamp()
);
insert into upkeep (task) values ('retention'), ('resealing');

-- The encryption keys under which something is sealed, or may be: an id goes when nothing is any more, and nobody seals under it.
create table encryption_key (
  id text primary key,
  -- When an instance last said that it seals under this key.
  seen_at timestamptz not null default clock_timestamp()
);
insert into encryption_key (id)
  select key_id from store_secret
  union select data_key_id from upload where data_key_id is not null
  union select data_key_id from dnc_submission where data_key_id is not null
  union select data_key_id from guest_file where data_key_id is not null
  union select secret_key_id from sync_endpoint
  union select previous_secret_key_id from sync_endpoint where previous_secret_key_id is not null;

-- shred(): ended uploads whose rows are still readable, those that ended first before the others.
create index upload_rows_kept on upload (completed_at) where data_key is not null and completed_at is not null;
-- An upload past its days: whoever deletes it deletes its batches, the living by batch_order, the split ones by this. A foreign key would look for both together,
-- which no index of some does, and read the table for each upload; nothing else deletes an upload that has batches.
create index batch_split on batch (upload_id) where state = 'split';
alter table batch drop constraint batch_upload_id_fkey;
-- Past their days: the times of keys lie in the order of their rows, more or less, so a few bytes for many pages find the old ones.
create index idempotency_key_old on idempotency_key using brin (created_at);
