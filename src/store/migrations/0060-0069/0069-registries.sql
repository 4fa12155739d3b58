-- National do-not-call registries: hundreds of millions of numbers, stored in editions. An edition
-- never changes. The registry names the one in force.

create table registry (
  name text collate "C" primary key,
  -- ISO 3166-1 alpha-2.
  country text not null,
  -- null: the limit of the configuration.
  max_age_days int,
  -- true: no edition was ever sent to it, so its country may still change.
  unused boolean not null default true,
  -- The number of the edition in force.
  current_edition bigint,
  version int not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

create table registry_edition (
  -- The number by which pages and uploads refer to the edition. It is shorter than `id`.
  number bigint generated always as identity primary key,
  id text collate "C" not null,
  registry text collate "C" not null references registry (name),
  state text not null check (state in ('receiving', 'loading', 'current', 'replaced', 'failed', 'deleted')),
  change text not null check (change in ('full', 'add', 'remove')),
  -- For a change: the edition that it changes. For a full edition: the edition that it replaced.
  base bigint references registry_edition (number),
  as_of timestamptz not null,
  subscription text,
  -- The key of its pages. Deleting it makes the pages unreadable.
  data_key bytea,
  data_key_id text,
  -- The number of runs: the ascending parts in which the edition was received.
  runs int not null default 0,
  -- The run that look-ups read: the only run received, or the run of the merged pages. null: not
  -- known yet.
  final_run int,
  lines bigint not null default 0,
  numbers bigint not null default 0,
  rejected bigint not null default 0,
  first_rejected_line bigint,
  bytes bigint not null default 0,
  sha256 text,
  -- How many of its numbers `base` does not have. null: not compared yet.
  added bigint,
  problem text,
  tenant_id text not null,
  request_id text not null,
  owner text not null,
  heartbeat_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  loaded_at timestamptz,
  current_at timestamptz,
  deleted_at timestamptz
);
alter table registry add foreign key (current_edition) references registry_edition (number);

-- Searches for numbers among delivered contacts: for the numbers of the edition that its base does
-- not have.
create table registry_look_back (
  number bigint generated always as identity primary key,
  edition bigint not null references registry_edition (number),
  -- null: all numbers of the edition are searched for.
  base bigint references registry_edition (number),
  -- The tenant whose contacts are searched. null: the contacts of all tenants that use the
  -- registry.
  tenant_id text references tenant (id),
  -- The last prefix for which the search has run.
  compared_to bigint not null default -1,
  added bigint not null default 0,
  done_at timestamptz
);

-- Pages of ascending numbers, sealed. A block has the numbers of one prefix, at most ten thousand.
-- A written page never changes.
create table registry_page (
  edition bigint not null references registry_edition (number) on delete cascade,
  run int not null,
  -- Prefixes are numbers without their last four digits.
  first bigint not null,
  last bigint not null,
  sealed bytea not null,
  primary key (edition, run, first)
);
-- Sealed bytes cannot be compressed.
alter table registry_page alter column sealed set storage external;

-- Which registries a tenant uses.
create table tenant_registry (
  tenant_id text not null references tenant (id),
  registry text collate "C" not null references registry (name),
  primary key (tenant_id, registry)
);

-- The edition that came into force for a tenant with each suppression epoch.
create table registry_switch (
  tenant_id text not null references tenant (id),
  epoch bigint not null,
  edition bigint not null references registry_edition (number),
  primary key (tenant_id, epoch, edition)
);

-- The last look-up in registries: the epochs before it, the editions, and the countries of the
-- phones. null: there was none.
alter table upload add column registries jsonb;

-- People of an upload who are named by an edition that came into force after the look-up of the
-- upload's rows.
create table registry_hit (
  upload_id text collate "C" not null references upload (id) on delete cascade,
  subject uuid not null,
  edition bigint not null,
  primary key (upload_id, subject)
);

-- Uploads with rows that were settled after an edition came into force, without a look-up in that
-- edition. The gateway searches the register for their contacts.
create table registry_late (
  upload_id text collate "C" primary key references upload (id) on delete cascade,
  noted_at timestamptz not null default clock_timestamp()
);

-- Set if an edition names the contact, and not a submission.
alter table dnc_retraction add column edition bigint references registry_edition (number);
alter table dnc_retraction alter column submission drop not null;
alter table dnc_retraction add check ((submission is null) <> (edition is null));
drop index dnc_retraction_contact;
-- For noteRetractions(): notes each contact once for a subject and a submission or edition.
create unique index dnc_retraction_contact on dnc_retraction (contact_list_id, contact_digest, subject, (coalesce(submission, -edition)));

alter table upload add column hold_countries text[];
