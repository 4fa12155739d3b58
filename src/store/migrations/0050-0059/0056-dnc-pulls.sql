-- A pull brings in what was added inside Genesys. The list is exported, and each person in the
-- export who has no entry in force here gets one. People whose entries were ended here are an
-- exception (see `absent`). `reading`: the pull still reads the export, so it has nothing to send
-- yet.
alter table dnc_submission add column reading boolean not null default false;
-- For an entry that was ended: whether the gateway has since read an export without its person. If
-- a later export contains the person, someone has added the person again.
alter table dnc_entry add column absent boolean not null default false;

-- At most one pull of a list at a time, over all instances.
create table dnc_pull (
  dnc_list_id text primary key,
  tenant_id text not null references tenant (id),
  -- The pull that was requested or is running. null: the next pull that is due makes its own
  -- submission.
  submission bigint references dnc_submission (number) on delete set null,
  due_at timestamptz not null,
  owner text,
  lease_until timestamptz
);

-- The people in the export that is being read.
create table dnc_pull_seen (
  submission bigint not null references dnc_submission (number) on delete cascade,
  subject uuid not null,
  primary key (submission, subject)
);
