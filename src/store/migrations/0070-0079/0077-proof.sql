-- When the gateway had finished checking whether the rows name people who must not be called. null:
-- an earlier version staged the upload.
alter table upload add column checked_at timestamptz;

-- For the evidence about a person: contacts that were delivered before an entry or an edition named
-- the person.
create index dnc_retraction_of_subject on dnc_retraction (subject);
-- For the evidence about a person: the releases of quarantined entries. They are only a few among
-- the audit entries of several years.
create index audit_entry_released on audit_entry (object) where action = 'dnc.released';
