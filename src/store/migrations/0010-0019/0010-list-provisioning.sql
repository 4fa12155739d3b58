-- A contact list that is being made in Genesys. The row is written before the call, so that the
-- gateway can search for the list by name after a crash or a lost answer.
create table list_intent (
  tenant_id text not null references tenant (id),
  method text not null,
  path text not null,
  key text not null,
  fingerprint text not null,
  intended_at timestamptz not null default clock_timestamp(),
  -- intentOf() and forget() read by the scope of the call's idempotency key.
  primary key (tenant_id, method, path, key)
);

-- The lists that the gateway made, with the tenant of each. After a lost answer, the gateway
-- searches for a list by name. These rows show it which of the lists belong to another tenant.
create table list_made (
  -- taken() reads lists by id.
  list_id text primary key,
  tenant_id text not null references tenant (id),
  made_at timestamptz not null default clock_timestamp()
);

-- For taken(): whether a list is granted to another tenant by its id.
create index tenant_grant_object on tenant_grant (object_id) where kind = 'contact_list';
