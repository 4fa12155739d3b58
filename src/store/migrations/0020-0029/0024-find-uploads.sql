-- For stage(): the newest earlier upload of the same file to the list. For list(): a tenant's
-- uploads of one file to any list.
drop index upload_same_file;
create index upload_same_file on upload (tenant_id, (source ->> 'sha256'), contact_list_id, accepted_seq);
-- For list(): the uploads of a period. The tenant is the second column. If it were the first, the
-- planner would use this index for any query about a tenant.
create index upload_created on upload (created_at, tenant_id);
