-- Migrations are numbered plain SQL for PostgreSQL 15. Each runs once, under the migrator's lock. A
-- statement ends with a semicolon at the end of a line. Every stored time is by the database's
-- clock. Ids contain a UUIDv7 and are compared byte by byte, so their order is the order of time.

create table tenant (
  id text primary key,
  created_at timestamptz not null default clock_timestamp()
);

create table api_key (
  id text primary key,
  tenant_id text not null references tenant (id),
  -- SHA-256 of the key. findKey reads by it on every call.
  digest bytea not null unique,
  scopes text[] not null,
  source text not null check (source in ('environment', 'issued')),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz
);

create table tenant_grant (
  tenant_id text not null references tenant (id),
  kind text not null check (kind in ('contact_list', 'dnc_list', 'campaign')),
  object_id text not null,
  -- isGranted reads by (tenant, kind, object or '*').
  primary key (tenant_id, kind, object_id)
);

-- The one Genesys org that this store belongs to.
create table binding (
  only_one boolean primary key default true check (only_one),
  dialect text not null,
  api_host text not null,
  client_id text not null,
  bound_at timestamptz not null default clock_timestamp()
);

-- Secrets that the gateway made itself, sealed with an encryption key from the configuration.
create table store_secret (
  name text primary key,
  key_id text not null,
  sealed bytea not null,
  created_at timestamptz not null default clock_timestamp()
);

create table lane (
  key text primary key,
  last_seq bigint not null default 1,
  ready_at timestamptz not null default clock_timestamp(),
  -- true: work arrived while the lane was held. The lane is then ready as soon as it is released.
  woken boolean not null default false,
  lease_until timestamptz,
  owner text,
  fence bigint not null default 0
);
-- For claim(): the ready lane that has waited longest.
create index lane_ready on lane (ready_at);

create table upload (
  id text collate "C" primary key,
  tenant_id text not null,
  contact_list_id text not null,
  lane_key text not null,
  accepted_seq bigint,
  state text not null check (state in ('receiving', 'staged', 'delivering', 'awaiting_completion', 'held', 'paused',
    'completed', 'completed_with_errors', 'failed', 'cancelled')),
  hold_reason text check (hold_reason in ('apply', 'list_not_ready', 'genesys_unavailable', 'dnc_unavailable', 'not_before',
    'list_error', 'refusals', 'dnc_stale')),
  hold_since timestamptz,
  -- The state to which a held or paused upload returns.
  held_from text check (held_from in ('staged', 'delivering', 'awaiting_completion')),
  retry_at timestamptz,
  -- The last hold that was reported to the endpoints. Progress of the upload sets it to null. So an
  -- outage is reported once, and not at every check.
  told_hold text,
  mode text not null check (mode in ('append', 'overwrite')),
  duplicates text not null check (duplicates in ('update', 'skip', 'ignore')),
  method text not null check (method in ('batches', 'file', 'callback')),
  version integer not null default 0,
  batches_total integer not null default 0,
  batches_delivered integer not null default 0,
  batches_failed integer not null default 0,
  source jsonb not null,
  columns jsonb not null default '[]',
  target_columns jsonb not null default '[]',
  rejections jsonb not null default '{}',
  rows_read integer not null default 0,
  rows_accepted integer not null default 0,
  rows_rejected integer not null default 0,
  rows_duplicates integer not null default 0,
  rows_suppressed integer not null default 0,
  rows_blank integer not null default 0,
  rows_delivered integer not null default 0,
  rows_unchanged integer not null default 0,
  rows_failed integer not null default 0,
  rows_unprocessed integer not null default 0,
  plan_digest text not null default '',
  schema_version text not null,
  request_id text not null,
  owner text not null,
  problem jsonb,
  -- The key of the upload's chunks, sealed with encryption key `data_key_id`. Deleting it makes the
  -- chunks unreadable.
  data_key bytea,
  data_key_id text,
  heartbeat_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  check (state = 'receiving' or accepted_seq is not null),
  check ((state = 'held') = (hold_reason is not null)),
  check (rows_read = rows_accepted + rows_rejected + rows_duplicates + rows_suppressed + rows_blank),
  check (rows_delivered + rows_unchanged + rows_failed + rows_unprocessed <= rows_accepted),
  check (state not in ('completed', 'completed_with_errors', 'failed', 'cancelled')
    or rows_delivered + rows_unchanged + rows_failed + rows_unprocessed = rows_accepted)
);
-- For list(): a tenant's uploads, newest first.
create index upload_newest on upload (tenant_id, id desc);
-- For next() and claim(): the lane's open uploads in accepted order. Unique, because no two uploads
-- may have the same place in a lane.
create unique index upload_lane on upload (lane_key, accepted_seq) where state in ('staged', 'delivering', 'awaiting_completion');
-- For wakeHeld(): held uploads whose `retry_at` has passed.
create index upload_held on upload (retry_at) where state = 'held';
-- For sweepReceiving(): uploads without a recent heartbeat.
create index upload_receiving on upload (heartbeat_at) where state = 'receiving';
-- For gauges() and bind(): the unfinished uploads, which are few compared with the finished ones.
create index upload_open on upload (state) where state not in ('completed', 'completed_with_errors', 'failed', 'cancelled');

create table chunk (
  upload_id text collate "C" not null references upload (id) on delete cascade,
  seq integer not null,
  first_line integer not null,
  last_line integer not null,
  accepted integer not null,
  -- Compressed with zstd, then encrypted with AES-256-GCM under the upload's data key.
  payload bytea not null,
  left_out bytea not null default '',
  id_digests bytea not null,
  subject_digests bytea not null,
  content_hashes bytea not null,
  -- readChunk() reads by seq. ledger() and chunkSeqs() read in the order of seq.
  primary key (upload_id, seq)
);
alter table chunk alter column payload set storage external;

create table batch (
  id text primary key,
  upload_id text collate "C" not null references upload (id) on delete cascade,
  chunk_seq integer not null,
  from_row integer not null,
  to_row integer not null check (to_row > from_row),
  state text not null check (state in ('intended', 'sent', 'settled', 'split')),
  job_id text,
  sent bytea not null,
  attempts integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz
);
-- For batches() and ledger(): an upload's batches in order. Split batches are left out, because
-- smaller batches replaced them. No two of the other batches may begin with the same row.
create unique index batch_order on batch (upload_id, chunk_seq, from_row) where state <> 'split';

create table row_result (
  upload_id text collate "C" not null references upload (id) on delete cascade,
  line integer not null,
  chunk_seq integer not null,
  outcome text not null check (outcome in ('failed', 'unprocessed', 'unchanged')),
  code text not null,
  column_name text,
  -- For ledger(): the results of the lines of one chunk.
  primary key (upload_id, line)
);

create table contact_register (
  tenant_id text not null,
  list_id text not null,
  contact_id text collate "C" not null,
  content_hash bytea not null,
  accepted_seq bigint not null,
  upload_id text not null,
  line integer not null,
  delivered_at timestamptz not null default clock_timestamp(),
  -- registered(), registerSize() and the upsert of settle() find contacts by these columns.
  primary key (tenant_id, list_id, contact_id)
);

create table pace (
  bucket text primary key,
  next_at timestamptz not null default '-infinity',
  blocked_until timestamptz not null default '-infinity',
  -- For each rank from 0 to 3: until when a call that had to wait keeps its precedence over less
  -- urgent ranks.
  waiting timestamptz[] not null default '{-infinity,-infinity,-infinity,-infinity}'
);

create table list_cache (
  list_id text primary key,
  list jsonb not null,
  read_at timestamptz not null default clock_timestamp()
);

create table idempotency_key (
  tenant_id text not null,
  method text not null,
  path text not null,
  key text not null,
  state text not null check (state in ('claimed', 'done')),
  owner text not null,
  heartbeat_at timestamptz not null default clock_timestamp(),
  fingerprint text,
  status integer,
  body text,
  location text,
  created_at timestamptz not null default clock_timestamp(),
  done_at timestamptz,
  check ((state = 'done') = (status is not null and fingerprint is not null and body is not null and done_at is not null)),
  primary key (tenant_id, method, path, key)
);

create table sync_endpoint (
  tenant_id text not null references tenant (id),
  name text not null,
  url text not null,
  secret bytea not null,
  secret_key_id text not null,
  source text not null check (source in ('environment', 'registered')),
  -- null: every event.
  events text[],
  enabled boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name)
);

create table sync_delivery (
  id text primary key,
  tenant_id text not null,
  endpoint_name text not null,
  event_type text not null,
  object text not null,
  body text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
  attempts integer not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  last_status integer,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  foreign key (tenant_id, endpoint_name) references sync_endpoint (tenant_id, name)
);
-- For overdue(): pending deliveries whose `next_at` has passed. gauges() counts all pending
-- deliveries with this index.
create index sync_delivery_pending on sync_delivery (next_at) where state = 'pending';
-- For gauges(), which counts the dead deliveries.
create index sync_delivery_dead on sync_delivery (id) where state = 'dead';

create table audit_entry (
  id text primary key,
  -- `seq` and `hash` are null until the entry is in the chain.
  seq bigint unique,
  at timestamptz not null default clock_timestamp(),
  tenant_id text not null,
  actor text not null,
  action text not null,
  object text not null,
  request_id text not null,
  attempt integer not null,
  latency_ms integer,
  outcome text not null check (outcome in ('intended', 'ok', 'failed')),
  counts jsonb not null,
  digest text,
  hash bytea
);
-- For the chainer: the entries that are not in the chain yet, in the order of time.
create index audit_entry_unchained on audit_entry (at, id) where seq is null;
