-- Who is signed in to the console. A session belongs to a key and ends with it. The cookie holds
-- the token. This table holds only the token's SHA-256.
create table console_session (
  digest bytea primary key,
  id text not null,
  api_key text not null references api_key (id),
  created_at timestamptz not null default clock_timestamp(),
  -- To the minute, so that a page in constant use causes one small write a minute.
  used_at timestamptz not null default clock_timestamp()
);
