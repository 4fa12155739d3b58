-- For entries() and newest(): the entries of a period. Entries are added in the order of time, so
-- new ones come at the end of the index.
create index audit_entry_at on audit_entry (at);
