-- When the rows had been looked up among those who must not be called; null: staged by an earlier version.
alter table upload add column checked_at timestamptz;

-- What a person's evidence says of contacts that were delivered before.
create index dnc_retraction_of_subject on dnc_retraction (subject);
-- When what was quarantined was released: a handful of entries in years of them.
create index audit_entry_released on audit_entry (object) where action = 'dnc.released';
