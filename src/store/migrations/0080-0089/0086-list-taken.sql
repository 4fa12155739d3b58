-- When Genesys last accepted rows with the columns of this reading, which proves that the columns
-- are still the same.
alter table list_cache add column taken_at timestamptz;
