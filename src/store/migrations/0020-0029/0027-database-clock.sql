-- What is known of the database's own clock. Every instance looks at it every few seconds, so that a jump is seen however it comes about.
create table database_clock (
  only_one boolean primary key default true check (only_one),
  -- The clock at the last look of any instance.
  seen_at timestamptz not null default clock_timestamp(),
  -- Since a jump that nothing has confirmed, or a time without any look: the earlier of what the clock said before and after. null = no doubt.
  doubted_from timestamptz,
  -- How far the clock is off since then; null = unknown.
  off_ms bigint
);
insert into database_clock default values;
