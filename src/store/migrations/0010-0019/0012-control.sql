-- Plans that wait for a caller's word, uploads that wait for a time, and uploads made of the rows that another could not deliver.
alter table upload
  -- As the caller gave them; the rows were checked and will go out by them.
  add column options jsonb not null default '{}',
  -- What the plan's digest covers and no list can change: file, options, rows left out.
  add column plan_basis text not null default '',
  -- Expected creates, updates and so on, by the register when the rows were staged; null = nobody asked.
  add column plan jsonb,
  add column apply text not null default 'auto' check (apply in ('auto', 'manual')),
  add column applied_at timestamptz,
  add column not_before timestamptz,
  add column parent_id text collate "C",
  -- Written with each child, in the order in which they were accepted.
  add column child_ids jsonb not null default '[]',
  -- How old the contents are, in the order of the lane: a retried row is as old as the row it repeats. null = accepted_seq.
  add column content_seq bigint;
