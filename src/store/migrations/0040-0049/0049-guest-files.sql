-- Files for a person in Genesys. A row is its own lane: one worker at a time holds it, by lease and
-- fence.
create table guest_file (
  id text collate "C" primary key,
  tenant_id text not null references tenant (id),
  external_contact_id text not null,
  state text not null check (state in ('receiving', 'scanning', 'uploading', 'confirming', 'held', 'stored', 'rejected', 'quarantined', 'failed')),
  hold_reason text check (hold_reason in ('genesys_unavailable')),
  held_since timestamptz,
  -- Sealed, because the name of a file may name a person.
  sealed_name bytea not null,
  content_type text not null,
  size_bytes int not null default 0,
  sha256 text not null default '',
  md5 text not null default '',
  scan_verdict text,
  scan_engine text,
  scanned_at timestamptz,
  genesys_file_id text,
  genesys_status text,
  virus_scan text not null default 'pending',
  progress jsonb not null,
  -- The URL to which the bytes are sent, sealed under the file's key because it is a credential.
  sealed_url bytea,
  problem jsonb,
  actor text not null,
  request_id text not null,
  -- The key of the pieces, sealed with encryption key `data_key_id`. Deleting it makes the pieces
  -- unreadable.
  data_key bytea,
  data_key_id text,
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  ready_at timestamptz not null default 'infinity',
  heartbeat_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  stored_at timestamptz,
  latency_ms int,
  version int not null default 1,
  check ((state = 'held') = (hold_reason is not null))
);
-- For claim(): the file that has waited longest.
create index guest_file_ready on guest_file (ready_at) where ready_at < 'infinity';
-- For sweepReceiving(): files without a recent heartbeat.
create index guest_file_receiving on guest_file (heartbeat_at) where state = 'receiving';

-- The bytes in order, encrypted with AES-256-GCM under the file's key.
create table guest_file_piece (
  guest_file_id text collate "C" not null references guest_file (id) on delete cascade,
  seq int not null,
  payload bytea not null,
  primary key (guest_file_id, seq)
);

-- Adds grants for the people to whom files may be sent, and for conversations.
alter table tenant_grant drop constraint tenant_grant_kind_check;
alter table tenant_grant add constraint tenant_grant_kind_check
  check (kind in ('contact_list', 'dnc_list', 'campaign', 'external_contact', 'conversation'));
