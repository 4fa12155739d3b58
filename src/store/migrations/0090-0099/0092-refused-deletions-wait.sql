-- Each contact that Genesys does not delete waits on its own. Before, the first such contact kept
-- all others of the person from being deleted.
alter table erasure_contact
  -- How often Genesys refused to delete this contact alone. Failures that would also occur with
  -- every other contact, such as an outage, do not count.
  add column refusals int not null default 0,
  -- The next try. null: now.
  add column due_at timestamptz,
  -- Why the last try failed. null: there was none.
  add column failure text;
