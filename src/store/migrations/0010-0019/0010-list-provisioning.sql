-- A contact list that is being made in Genesys, written before: after a crash or a lost answer it is looked for by name.
create table list_intent (
  tenant_id text not null references tenant (id),
  method text not null,
  path text not null,
  key text not null,
  fingerprint text not null,
  intended_at timestamptz not null default clock_timestamp(),
  -- intentOf() and forget() ask by the scope of the call's idempotency key.
  primary key (tenant_id, method, path, key)
);

-- The lists that were made here, and for whom: nobody else's lost creation can be one of them.
create table list_made (
  -- taken() asks for lists by id.
  list_id text primary key,
  tenant_id text not null references tenant (id),
  made_at timestamptz not null default clock_timestamp()
);

-- taken(): whether a list is granted to another tenant by its id.
create index tenant_grant_object on tenant_grant (object_id) where kind = 'contact_list';
