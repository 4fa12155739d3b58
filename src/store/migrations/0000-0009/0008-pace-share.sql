-- The share of the allowed pace in force. A 429 cuts it at cut_at, and it grows again from share_at
-- on. '-infinity': it was never cut.
alter table pace add column share float8 not null default 1 check (share > 0 and share <= 1);
alter table pace add column share_at timestamptz not null default '-infinity';
alter table pace add column cut_at timestamptz not null default '-infinity';
