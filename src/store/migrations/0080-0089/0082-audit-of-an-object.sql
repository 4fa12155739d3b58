-- For entries() and newest() of one object: what happened to an upload, on its page and in the
-- trail. Ids are made in the order of time, so new entries are added at the end of the index.
create index audit_entry_of_object on audit_entry (object);
