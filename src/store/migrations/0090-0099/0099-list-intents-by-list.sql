-- A search for a list reads the lists that other calls are making.
create index list_intent_of_list on list_intent (list_id) where list_id is not null;
