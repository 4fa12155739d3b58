-- An upload of one contact writes some fifty entries into indexes, which is most of its log. These are the ones that nothing needs.

-- A batch changes its state within a moment of being written. No index names the state now, and each page keeps room for the changed rows, so the
-- change writes into no index (a HOT update). A split batch leaves its place in the order to its parts: `apart` is its id then, and empty before.
drop index batch_order;
drop index batch_split;
alter table batch add column apart text not null generated always as (case when state = 'split' then id else '' end) stored;
create unique index batch_order on batch (upload_id, chunk_seq, from_row, apart);
alter table batch set (fillfactor = 45);

-- An ended upload is in the first of these as long as its rows are kept, and then in the second.
drop index upload_completed;
create index upload_completed on upload (completed_at) where data_key is null and completed_at is not null;

-- The uploads of a list, by state: open ones are found by the first, ended ones by the second.
drop index upload_open;
create index upload_open on upload (tenant_id, state, contact_list_id, id desc) where state not in ('completed', 'completed_with_errors', 'failed', 'cancelled');
drop index upload_of_list;
create index upload_of_list on upload (tenant_id, contact_list_id, state, id desc)
  where state in ('completed', 'completed_with_errors', 'failed', 'cancelled');
