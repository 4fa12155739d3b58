-- How many rows failed without being named by Genesys. They are counted when a batch with such rows
-- is settled. So the upload can report them, however it ends.
alter table upload
  add column rows_unidentified integer not null default 0,
  -- How many of these are rows of an import, whose errors never name a row.
  add column rows_unattributed integer not null default 0;
