-- For list(): a tenant's uploads of files with one name, newest first.
create index upload_file_name on upload (tenant_id, file_name_digest, id desc) where file_name_digest is not null;
