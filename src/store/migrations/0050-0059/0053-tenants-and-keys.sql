alter table tenant
  -- null: the id is the name.
  add column name text,
  add column version integer not null default 1,
  add column updated_at timestamptz not null default clock_timestamp();
-- For list() by name. No two tenants may have the same name.
create unique index tenant_name on tenant (coalesce(name, id));


alter table api_key
  add column name text not null default 'admin',
  -- The beginning of the key, too short to guess the rest.
  add column prefix text not null default '',
  -- Exact to the minute.
  add column last_used_at timestamptz,
  -- The lifetime that was given to the key. A rotation gives the new key the same lifetime. null:
  -- it never expires.
  add column lives interval,
  -- The key that replaced this key in a rotation.
  add column replaced_by text references api_key (id);
