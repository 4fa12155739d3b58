-- Consecutive rows of an upload that are sent to Genesys as one file. The id of a part is in the
-- capability token of its callback URL.
create table delivery_part (
  id text collate "C" primary key,
  upload_id text collate "C" not null references upload (id) on delete cascade,
  seq integer not null,
  method text not null check (method in ('file', 'callback')),
  state text not null check (state in ('intended', 'sent', 'settled')),
  job_id text,
  rows integer not null,
  bytes bigint not null,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  -- For reading an upload's parts in order.
  unique (upload_id, seq)
);
