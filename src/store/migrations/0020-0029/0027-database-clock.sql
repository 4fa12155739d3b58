-- What is known about the database's own clock. Every instance checks the clock every few seconds,
-- so that a jump is noticed whatever its cause is.
create table database_clock (
  only_one boolean primary key default true check (only_one),
  -- The clock at the last check of any instance.
  seen_at timestamptz not null default clock_timestamp(),
  -- The time from which on the clock is in doubt, because of a jump that nothing has confirmed, or
  -- of a time without any check. It is the time before the jump or the time after it, whichever is
  -- earlier. null: no doubt.
  doubted_from timestamptz,
  -- By how much the clock is off since then. null: unknown.
  off_ms bigint
);
insert into database_clock default values;
