-- For list(): a tenant's uploads in a final state, newest first. `upload_open` finds uploads in the
-- other states, which are few.
create index upload_ended on upload (tenant_id, state, id desc)
  where state in ('completed', 'completed_with_errors', 'failed', 'cancelled');
-- For list(): a tenant's uploads of a contact list by state, newest first.
create index upload_of_list on upload (tenant_id, contact_list_id, state, id desc);
