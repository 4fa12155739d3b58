-- Contact lists made within the last half minute, which Genesys may not show yet. Rows older than that go with the next one.
create table new_list (
  -- has() asks by it.
  list_id text primary key,
  made_at timestamptz not null default clock_timestamp()
);
