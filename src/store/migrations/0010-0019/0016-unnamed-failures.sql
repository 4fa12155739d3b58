-- Rows that failed and that Genesys did not name, counted when a batch with such rows is settled: the upload's end tells of them, whoever ends it.
alter table upload
  add column rows_unidentified integer not null default 0,
  -- Of these, rows of an import, whose errors never have a row.
  add column rows_unattributed integer not null default 0;
