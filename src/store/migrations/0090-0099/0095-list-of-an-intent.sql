-- The list that the call has made in Genesys, from the answer of Genesys on. While the call waits
-- until the list is ready, another call that searches for a list of the same name must not take it.
-- null: Genesys has not answered yet, or its answer was lost.
alter table list_intent add column list_id text;
