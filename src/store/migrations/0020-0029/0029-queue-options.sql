-- A tenant's decisions about a contact list. Genesys has no place to store them.
create table list_setting (
  tenant_id text not null references tenant (id),
  list_id text not null,
  -- A missing member means that the tenant has not decided.
  queue jsonb not null default '{}',
  changed_at timestamptz not null default clock_timestamp(),
  -- read() and the doorway read by both columns.
  primary key (tenant_id, list_id)
);

-- How adding the upload's contacts changes their position in the dialling queue. null: the dialect
-- has no queue.
alter table upload add column queue jsonb;
