-- Rows of a chunk whose person was erased: one bit for each accepted row. Their cells, ids and
-- digests are removed. Their places stay, so that all counts add up.
alter table chunk add column erased bytea not null default '';

-- A row is its own lane: one worker at a time holds it.
create table erasure (
  id text collate "C" primary key,
  tenant_id text not null references tenant (id),
  kind text not null check (kind in ('contact', 'phone', 'email')),
  contact_list_id text,
  -- Keyed digest of the contact id, of the number in E.164, or of the email address with its case
  -- folded.
  subject_digest bytea not null,
  -- The person, kept only until the erasure has ended.
  sealed_subject bytea,
  state text not null check (state in ('erasing', 'waiting', 'completed', 'completed_with_remains')),
  -- For each place: how much was found and erased, and what stays, with the reason.
  places jsonb not null default '{}',
  -- Where the work continues.
  position text,
  -- How many entries still suppress the person. null: not counted yet.
  suppressions int,
  attempts int not null default 0,
  -- Why the last try in Genesys failed.
  failure text,
  actor text not null,
  request_id text not null,
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  ready_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  version int not null default 1,
  check ((kind = 'contact') = (contact_list_id is not null)),
  check ((sealed_subject is null) = (state in ('completed', 'completed_with_remains')))
);
-- For claim(): the erasure that has waited longest.
create index erasure_ready on erasure (ready_at) where ready_at < 'infinity';

-- The contacts that an erasure found. Kept until the erasure ends.
create table erasure_contact (
  erasure_id text collate "C" not null references erasure (id) on delete cascade,
  contact_list_id text not null,
  contact_digest bytea not null,
  sealed_id bytea not null,
  -- What happened to the contact in Genesys. found: nothing yet.
  state text not null default 'found' check (state in ('found', 'deleted', 'gone', 'kept')),
  primary key (erasure_id, contact_list_id, contact_digest)
);
