alter table tenant
  -- null: its id.
  add column name text,
  add column version integer not null default 1,
  add column updated_at timestamptz not null default clock_timestamp();
-- list() by name; no two tenants have the same one.
create unique index tenant_name on tenant (coalesce(name, id));


alter table api_key
  add column name text not null default 'admin',
  -- How the key begins; too little to find the rest by.
  add column prefix text not null default '',
  -- To the minute.
  add column last_used_at timestamptz,
  -- How long it was given to live: a rotation gives as much again. null: for ever.
  add column lives interval,
  -- The key that a rotation made in its place.
  add column replaced_by text references api_key (id);
