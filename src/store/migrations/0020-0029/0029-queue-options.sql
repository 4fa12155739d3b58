-- What a tenant has decided for a contact list; Genesys has no place for it.
create table list_setting (
  tenant_id text not null references tenant (id),
  list_id text not null,
  -- Members that are not there are undecided.
  queue jsonb not null default '{}',
  changed_at timestamptz not null default clock_timestamp(),
  -- read() and the doorway ask by both.
  primary key (tenant_id, list_id)
);

-- What adding the upload's contacts does to their place in the queue; null where the dialect has no queue.
alter table upload add column queue jsonb;
