-- National do-not-call registries: hundreds of millions of numbers, held in editions. An edition is never changed; the registry names the one in force.

create table registry (
  name text collate "C" primary key,
  -- ISO 3166-1 alpha-2.
  country text not null,
  -- null: what the configuration says.
  max_age_days int,
  -- It never had an edition, so that its country may change.
  unused boolean not null default true,
  -- The edition in force: its number.
  current_edition bigint,
  version int not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

create table registry_edition (
  -- Its short name in pages and rows of uploads.
  number bigint generated always as identity primary key,
  id text collate "C" not null,
  registry text collate "C" not null references registry (name),
  state text not null check (state in ('receiving', 'loading', 'current', 'replaced', 'failed', 'deleted')),
  change text not null check (change in ('full', 'add', 'remove')),
  -- What a change was made on; of a full edition what was in force when it took its place.
  base bigint references registry_edition (number),
  as_of timestamptz not null,
  subscription text,
  -- Seals its pages; deleting it shreds them.
  data_key bytea,
  data_key_id text,
  -- Ascending parts in which it was received.
  runs int not null default 0,
  -- The pages that are looked up: of the only part, or 0, in which the parts were merged. null: not known yet.
  final_run int,
  lines bigint not null default 0,
  numbers bigint not null default 0,
  rejected bigint not null default 0,
  first_rejected_line bigint,
  bytes bigint not null default 0,
  sha256 text,
  -- Against `base`: how many numbers are new in it. null: not compared yet.
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

-- Numbers that are looked for among delivered contacts: those of the edition that the base has not.
create table registry_look_back (
  number bigint generated always as identity primary key,
  edition bigint not null references registry_edition (number),
  -- null: all numbers of the edition.
  base bigint references registry_edition (number),
  -- For whom; null: for all who use the registry.
  tenant_id text references tenant (id),
  -- The last prefix that was looked for.
  compared_to bigint not null default -1,
  added bigint not null default 0,
  done_at timestamptz
);

-- Ascending numbers, ten thousand with one prefix to a block, sealed. Once written a page never changes.
create table registry_page (
  edition bigint not null references registry_edition (number) on delete cascade,
  run int not null,
  -- Prefixes: numbers without their last four digits.
  first bigint not null,
  last bigint not null,
  sealed bytea not null,
  primary key (edition, run, first)
);
-- Sealed bytes do not get smaller.
alter table registry_page alter column sealed set storage external;

-- Which registries a tenant uses.
create table tenant_registry (
  tenant_id text not null references tenant (id),
  registry text collate "C" not null references registry (name),
  primary key (tenant_id, registry)
);

-- What came into force for a tenant under a suppression epoch.
create table registry_switch (
  tenant_id text not null references tenant (id),
  epoch bigint not null,
  edition bigint not null references registry_edition (number),
  primary key (tenant_id, epoch, edition)
);

-- Of the look at registries: the epochs before it, the editions looked at, the countries of the phones. Null: there was none.
alter table upload add column registries jsonb;

-- Persons of an upload that an edition names which came into force after its rows were looked up.
create table registry_hit (
  upload_id text collate "C" not null references upload (id) on delete cascade,
  subject uuid not null,
  edition bigint not null,
  primary key (upload_id, subject)
);

-- An upload of which rows were settled after an edition came into force that they were not looked up in: they are looked for in the register.
create table registry_late (
  upload_id text collate "C" primary key references upload (id) on delete cascade,
  noted_at timestamptz not null default clock_timestamp()
);

-- A contact that an edition names instead of a submission.
alter table dnc_retraction add column edition bigint references registry_edition (number);
alter table dnc_retraction alter column submission drop not null;
alter table dnc_retraction add check ((submission is null) <> (edition is null));
drop index dnc_retraction_contact;
-- note(): each once.
create unique index dnc_retraction_contact on dnc_retraction (contact_list_id, contact_digest, subject, (coalesce(submission, -edition)));

alter table upload add column hold_countries text[];
