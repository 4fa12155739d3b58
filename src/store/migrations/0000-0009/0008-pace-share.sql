-- The share of the allowed pace that the gateway uses now. `cut_at`: when a 429 last reduced the
-- share. `share_at`: from when on the share grows again. '-infinity': the share was never reduced.
alter table pace add column share float8 not null default 1 check (share > 0 and share <= 1);
alter table pace add column share_at timestamptz not null default '-infinity';
alter table pace add column cut_at timestamptz not null default '-infinity';
