-- null: no quota.
alter table tenant
  add column rows_per_day bigint check (rows_per_day > 0),
  add column open_uploads integer check (open_uploads > 0),
  add column requests_per_minute integer check (requests_per_minute > 0);

-- What a tenant has used in the present day and minute, over all instances. The use of earlier days
-- and minutes is not kept.
create table tenant_use (
  tenant_id text not null references tenant (id),
  kind text not null check (kind in ('rows', 'requests')),
  -- Days or minutes since 1970, in UTC.
  period bigint not null,
  used bigint not null,
  primary key (tenant_id, kind)
);

-- Counts the open uploads of one tenant without reading those of others.
drop index upload_open;
create index upload_open on upload (tenant_id, state) where state not in ('completed', 'completed_with_errors', 'failed', 'cancelled');
