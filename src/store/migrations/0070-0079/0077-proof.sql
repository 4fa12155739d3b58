-- When the look-up of the rows among people who must not be called had ended. null: an earlier
-- version staged the upload.
alter table upload add column checked_at timestamptz;

-- For the evidence about a person: contacts that were delivered before.
create index dnc_retraction_of_subject on dnc_retraction (subject);
-- For the evidence about a person: the releases of quarantined entries. They are a handful among
-- the entries of years.
create index audit_entry_released on audit_entry (object) where action = 'dnc.released';
