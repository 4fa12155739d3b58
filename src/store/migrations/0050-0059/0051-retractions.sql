-- Contacts that were delivered before a do-not-call entry named them.

-- The searches in the registers. Every transaction that adds entries adds one. `done_at` null: the
-- search has not ended.
create table dnc_look_back (
  tenant_id text not null references tenant (id),
  epoch bigint not null,
  -- The last entry for which the search has run.
  submission bigint not null default 0,
  chunk_seq int not null default -1,
  place int not null default -1,
  -- How many steps of the search are done. The search with the fewest steps is next, so that the
  -- search for one entry does not wait for a search for a million entries.
  steps int not null default 0,
  asked_at timestamptz not null default clock_timestamp(),
  done_at timestamptz,
  primary key (tenant_id, epoch)
);
-- For step(): the next search.
create index dnc_look_back_open on dnc_look_back (steps, asked_at) where done_at is null;
insert into dnc_look_back (tenant_id, epoch)
  select distinct tenant_id, epoch from dnc_submission where epoch is not null and kind in ('add', 'pull');

-- A contact that Genesys holds, or may hold. An entry names one of its numbers or addresses.
create table dnc_retraction (
  number bigint generated always as identity primary key,
  contact_list_id text not null,
  contact_digest bytea not null,
  subject uuid not null,
  submission bigint not null references dnc_submission (number) on delete cascade,
  -- Sealed under a key that only the digest opens.
  sealed_id bytea not null,
  -- The tenant whose upload brought the contact.
  tenant_id text not null,
  upload_id text not null,
  line int,
  state text not null check (state in ('open', 'retracted', 'gone', 'reported')),
  -- Raised if the contact may have come to Genesys again.
  version int not null default 1,
  attempts int not null default 0,
  -- Why the last try failed.
  failure text,
  due_at timestamptz not null default clock_timestamp(),
  found_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  check ((state = 'open') = (settled_at is null))
);
-- For noteRetractions(): notes each contact once for a subject and a submission.
create unique index dnc_retraction_contact on dnc_retraction (contact_list_id, contact_digest, subject, submission);
-- For page(): the contacts that an entry found, in order.
create index dnc_retraction_of_submission on dnc_retraction (submission, number);
-- For next(): the open retractions of a list.
create index dnc_retraction_open on dnc_retraction (contact_list_id, due_at) where state = 'open';

-- One holder at a time retracts the contacts of a list.
create table dnc_retraction_lane (
  contact_list_id text primary key,
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  -- true: the list got work since its claim.
  woken boolean not null default false,
  ready_at timestamptz not null default 'infinity'
);
-- For claim(): the ready lane that has waited longest.
create index dnc_retraction_lane_ready on dnc_retraction_lane (ready_at) where ready_at < 'infinity';
