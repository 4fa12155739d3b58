-- The newest earlier upload of the same bytes to the list, and a tenant's uploads of one file. Its first two columns are expressions that no other
-- index has: a server that knows nothing of the table yet takes two indexes for equally good, and plans that were made then read all uploads of a list.
drop index upload_same_file;
create index upload_same_file on upload ((source ->> 'sha256'), (tenant_id || ' ' || contact_list_id), accepted_seq);
