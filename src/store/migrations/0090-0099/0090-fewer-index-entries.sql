-- An upload of one contact writes about fifty index entries. They are most of what it writes to the
-- write-ahead log. This migration removes the entries that nothing needs.

-- A batch changes its state a moment after it is written. No index names the state now, and each
-- page keeps room for the changed rows. So the change writes to no index (a HOT update). A split
-- batch must leave its place in the order to the batches that replace it. `apart` is then the id of
-- the split batch, and empty before.
drop index batch_order;
drop index batch_split;
alter table batch add column apart text not null generated always as (case when state = 'split' then id else '' end) stored;
create unique index batch_order on batch (upload_id, chunk_seq, from_row, apart);
alter table batch set (fillfactor = 45);

-- While the rows of an ended upload are kept, the upload is only in upload_rows_kept. After that,
-- it is only in this index.
drop index upload_completed;
create index upload_completed on upload (completed_at) where data_key is null and completed_at is not null;

-- The uploads of a list, by state. The first index finds the open uploads, the second finds the
-- ended ones.
drop index upload_open;
create index upload_open on upload (tenant_id, state, contact_list_id, id desc) where state not in ('completed', 'completed_with_errors', 'failed', 'cancelled');
drop index upload_of_list;
create index upload_of_list on upload (tenant_id, contact_list_id, state, id desc)
  where state in ('completed', 'completed_with_errors', 'failed', 'cancelled');
