-- What was added inside Genesys is pulled: the list is exported, and what is in it and not here becomes entries.
-- While it reads, a pull has nothing to send.
alter table dnc_submission add column reading boolean not null default false;
-- Of an entry that was ended: an export without its person was seen since, so that whoever is in a later one was added anew.
alter table dnc_entry add column absent boolean not null default false;

-- One pull a list at a time, of all instances.
create table dnc_pull (
  dnc_list_id text primary key,
  tenant_id text not null references tenant (id),
  -- The pull that is asked for or under way; null: the next one that is due makes its own.
  submission bigint references dnc_submission (number) on delete set null,
  due_at timestamptz not null,
  owner text,
  lease_until timestamptz
);

-- Who was in the export that is being read.
create table dnc_pull_seen (
  submission bigint not null references dnc_submission (number) on delete cascade,
  subject uuid not null,
  primary key (submission, subject)
);
