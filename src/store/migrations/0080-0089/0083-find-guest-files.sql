-- For a tenant's files, newest first, and for those that are not `stored`, the state in which most
-- files end.
create index guest_file_newest on guest_file (tenant_id, id desc);
create index guest_file_not_stored on guest_file (tenant_id, state, id desc) where state <> 'stored';
