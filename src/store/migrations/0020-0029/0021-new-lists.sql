-- Contact lists that were made within the last half minute, which Genesys may not show yet. Older
-- rows are deleted when the next list is made.
create table new_list (
  -- has() finds a list by its id.
  list_id text primary key,
  made_at timestamptz not null default clock_timestamp()
);
