-- A keyed digest of a fixed text, by which a start notices another key under the same id. Null: an
-- earlier version made the row. The next start that seals under the key sets the value.
alter table encryption_key add column check_value bytea;
