-- For a tenant's files, newest first. The second index has only the files that are not `stored`,
-- because most files end as `stored`.
create index guest_file_newest on guest_file (tenant_id, id desc);
create index guest_file_not_stored on guest_file (tenant_id, state, id desc) where state <> 'stored';
