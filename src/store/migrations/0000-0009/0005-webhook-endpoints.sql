-- Endpoints get an id, the secret before the last rotation, and the state of their health.
-- Deliveries refer to them by id.
alter table sync_endpoint add column id text;
-- The same form as the gateway's own ids: a UUIDv7 (RFC 9562, section 5.7) of the time of creation.
update sync_endpoint set id = 'whe_'
  || lpad(to_hex((extract(epoch from created_at) * 1000)::bigint), 12, '0')
  || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14);
alter table sync_endpoint
  alter column id set not null,
  add column version integer not null default 1,
  add column disabled_reason text check (disabled_reason in ('request', 'gone', 'failing', 'not_configured')),
  add column previous_secret bytea,
  add column previous_secret_key_id text,
  add column previous_secret_until timestamptz,
  add column consecutive_failures integer not null default 0,
  add column failing_since timestamptz,
  add column warned_at timestamptz,
  add column updated_at timestamptz not null default clock_timestamp();
update sync_endpoint set disabled_reason = 'not_configured' where not enabled;
alter table sync_endpoint add check (enabled = (disabled_reason is null));

alter table sync_delivery add column endpoint_id text;
update sync_delivery d set endpoint_id = e.id from sync_endpoint e
  where e.tenant_id = d.tenant_id and e.name = d.endpoint_name;
alter table sync_delivery drop constraint sync_delivery_tenant_id_endpoint_name_fkey;
alter table sync_delivery drop column endpoint_name;
alter table sync_delivery
  alter column endpoint_id set not null,
  add column last_failure text check (last_failure in ('answer', 'no_answer', 'address_refused'));

alter table sync_endpoint drop constraint sync_endpoint_pkey;
alter table sync_endpoint add primary key (id);
-- For ensureEnvEndpoints() and create(): names are unique within a tenant. tell() and list() read
-- by tenant.
alter table sync_endpoint add unique (tenant_id, name);
alter table sync_delivery add foreign key (endpoint_id) references sync_endpoint (id);
-- For deliveries(): the log of one endpoint, newest first. remove() deletes that log.
create index sync_delivery_endpoint on sync_delivery (endpoint_id, id desc);
