-- stage(): the newest earlier upload of the same file to the list; list(): a tenant's uploads of one file, whatever the list.
drop index upload_same_file;
create index upload_same_file on upload (tenant_id, (source ->> 'sha256'), contact_list_id, accepted_seq);
-- list(): those of a span of time. The tenant comes second, or the index would be taken for whatever is asked of a tenant.
create index upload_created on upload (created_at, tenant_id);
