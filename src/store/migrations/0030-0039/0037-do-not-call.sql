-- The reason, time and scope of an accepted do-not-call entry never change. Entries are added, and
-- a removal or an override ends them. What applies to a person is computed from all of the person's
-- entries. So the strongest reason and the latest expiry count, whatever the order of the entries
-- is. An entry of an accepted submission suppresses its person until it is closed, or until a day
-- after its expiry.

-- One row for each tenant. A transaction that adds entries raises the epoch first. A transaction
-- that records an attempt to send contacts locks the row for share.
create table suppression_epoch (
  tenant_id text primary key references tenant (id),
  epoch bigint not null default 0
);

create table dnc_submission (
  -- The number by which entries refer to the submission. It is shorter than `id`.
  number bigint generated always as identity primary key,
  id text collate "C" not null unique,
  tenant_id text not null references tenant (id),
  dnc_list_id text not null,
  kind text not null check (kind in ('add', 'remove', 'pull')),
  state text not null check (state in ('receiving', 'applying', 'held', 'applied', 'applied_with_errors')),
  hold_reason text check (hold_reason in ('genesys_unavailable', 'dnc_list_refused')),
  held_since timestamptz,
  retry_at timestamptz,
  -- The last hold that was reported to the endpoints.
  told_hold text,
  version int not null default 1,
  -- null: the submission is not accepted, so its entries suppress nobody. One statement sets the
  -- epoch, and so accepts any number of entries.
  epoch bigint,
  read int not null default 0,
  accepted int not null default 0,
  rejected int not null default 0,
  quarantined int not null default 0,
  duplicates int not null default 0,
  blank int not null default 0,
  created int not null default 0,
  existing int not null default 0,
  updated int not null default 0,
  removed int not null default 0,
  not_found int not null default 0,
  failed int not null default 0,
  rejections jsonb not null default '{}',
  notes jsonb not null default '[]',
  source jsonb not null default '{}',
  -- The columns of the file, in its order.
  columns jsonb not null default '[]',
  problem jsonb,
  actor text not null,
  request_id text not null,
  -- The key of its chunks, sealed with encryption key `data_key_id`. Deleting it makes the chunks
  -- unreadable.
  data_key bytea,
  data_key_id text,
  owner text not null,
  heartbeat_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  accepted_at timestamptz,
  applied_at timestamptz,
  check ((state = 'receiving') = (epoch is null)),
  check ((state = 'held') = (hold_reason is not null)),
  check (read = accepted + rejected + quarantined + duplicates + blank),
  check (created + existing + updated + removed + not_found + failed <= accepted)
);

-- Consecutive entries as they were sent, with the results of their checks. Compressed with zstd,
-- then encrypted with AES-256-GCM under the submission's data key.
create table dnc_chunk (
  submission bigint not null references dnc_submission (number) on delete cascade,
  seq int not null,
  first_line int not null,
  last_line int not null,
  entries int not null,
  payload bytea not null,
  primary key (submission, seq)
);

-- The suppressions. The texts of an entry are in its chunk, at `place`.
create table dnc_entry (
  -- Keyed digest of the number in E.164, or of the email address with its case folded.
  subject uuid not null,
  submission bigint not null references dnc_submission (number) on delete cascade,
  -- 0: all contact lists. Otherwise a digest of `contact_list_ids`.
  scope bigint not null,
  contact_list_ids text[],
  chunk_seq int not null,
  place int not null,
  subject_kind smallint not null check (subject_kind in (1, 2)),
  -- 1 UNSPECIFIED, 2 CUSTOMER_REQUEST, 3 REGULATORY.
  reason smallint not null check (reason between 1 and 3),
  expires_at timestamptz,
  quarantined boolean not null default false,
  -- null: pending. 1 created, 2 existing, 3 updated, 4 removed, 5 not_found, 6 failed.
  outcome smallint check (outcome between 1 and 6),
  -- The number of the submission that ended the entry: a removal, or a submission with `override`.
  closed_by bigint,
  -- Finds who is suppressed, by subject. Lines of one person and scope in a submission are one
  -- entry.
  primary key (subject, submission, scope)
);
-- For reading what was added since an epoch, and the entries of a chunk.
create index dnc_entry_submission on dnc_entry (submission, chunk_seq, place);

-- One request to Genesys with entries of one chunk. `places`: one bit for each place of the chunk.
create table dnc_group (
  id uuid primary key,
  submission bigint not null references dnc_submission (number) on delete cascade,
  chunk_seq int not null,
  places bytea not null,
  entries int not null,
  reason smallint not null,
  expires_at timestamptz,
  idempotency_key text not null,
  state text not null check (state in ('intended', 'sent', 'settled', 'split')),
  attempts int not null default 0,
  -- The earlier group that this group replaces. It has another idempotency key.
  predecessor_id uuid references dnc_group (id) on delete cascade,
  tallies jsonb,
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  settled_at timestamptz
);

-- One lane for each DNC list. One holder at a time sends the entries of its submissions, in the
-- order of their numbers.
create table dnc_list_lane (
  dnc_list_id text primary key,
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  -- true: the list got work since its claim.
  woken boolean not null default false,
  ready_at timestamptz not null default 'infinity'
);

-- Limits the writes to DNC lists that run at the same time, over all instances. Each write needs a
-- slot.
create table dnc_write_slot (
  slot int primary key,
  owner text,
  lease_until timestamptz
);
