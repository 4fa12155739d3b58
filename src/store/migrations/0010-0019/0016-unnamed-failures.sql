-- How many failed rows Genesys did not name. They are counted when their batch is settled. So the
-- upload can report them, whatever state it ends in.
alter table upload
  add column rows_unidentified integer not null default 0,
  -- How many of these are rows of an import, whose errors never name a row.
  add column rows_unattributed integer not null default 0;
