-- What Genesys itself said of a row that it refused: its code, from a closed character set, never words.
alter table row_result add column said text;
