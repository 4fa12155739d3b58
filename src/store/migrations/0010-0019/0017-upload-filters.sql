-- list(): a tenant's uploads of an ended state, newest first. Of the states before, `upload_open` finds the few there are.
create index upload_ended on upload (tenant_id, state, id desc)
  where state in ('completed', 'completed_with_errors', 'failed', 'cancelled');
-- list(): a tenant's uploads of a contact list, state by state, newest first.
create index upload_of_list on upload (tenant_id, contact_list_id, state, id desc);
