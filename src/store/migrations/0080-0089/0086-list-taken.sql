-- When Genesys last accepted rows with the columns in this cache. This proves that the columns are
-- still the same.
alter table list_cache add column taken_at timestamptz;
