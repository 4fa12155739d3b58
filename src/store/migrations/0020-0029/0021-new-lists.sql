-- Contact lists that were made within the last half minute. Genesys possibly does not show them
-- yet. Older rows are deleted when the next list is made.
create table new_list (
  -- has() finds a list by its id.
  list_id text primary key,
  made_at timestamptz not null default clock_timestamp()
);
