-- Files of a tenant, newest first; and those in any other state than the one that most end in.
create index guest_file_newest on guest_file (tenant_id, id desc);
create index guest_file_not_stored on guest_file (tenant_id, state, id desc) where state <> 'stored';
