-- For the newest earlier upload of the same bytes to the list, and for a tenant's uploads of one
-- file. Its first two columns are expressions that no other index has. Without statistics of the
-- table, a server would consider an index with plain columns as good as others. Plans from that
-- time would then read all uploads of a list.
drop index upload_same_file;
create index upload_same_file on upload ((source ->> 'sha256'), (tenant_id || ' ' || contact_list_id), accepted_seq);
