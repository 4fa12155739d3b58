-- Plans that a caller must apply, uploads that wait for a time, and uploads made of rows that
-- another upload could not deliver.
alter table upload
  -- The caller's options. The rows were checked with these options, and are sent with them.
  add column options jsonb not null default '{}',
  -- The parts of the plan's digest that do not depend on the contact list: file, options, rows left
  -- out.
  add column plan_basis text not null default '',
  -- The expected numbers of creates, updates and so on, by the register at the time when the rows
  -- were staged. null: no plan was requested.
  add column plan jsonb,
  add column apply text not null default 'auto' check (apply in ('auto', 'manual')),
  add column applied_at timestamptz,
  add column not_before timestamptz,
  add column parent_id text collate "C",
  -- The ids of the retries, in the order in which they were accepted.
  add column child_ids jsonb not null default '[]',
  -- The age of the rows' content, as a place in the order of the lane. A retried row is as old as
  -- the row that it repeats. null: the same as accepted_seq.
  add column content_seq bigint;
