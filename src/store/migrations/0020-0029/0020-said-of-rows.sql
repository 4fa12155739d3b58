-- Genesys' own code for a row that it refused. It has only characters of a closed set, and never
-- free text.
alter table row_result add column said text;
