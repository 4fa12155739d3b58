-- Who is signed in to the console: a session stands for a key and ends with it. The cookie holds the token, this its SHA-256 alone.
create table console_session (
  digest bytea primary key,
  id text not null,
  api_key text not null references api_key (id),
  created_at timestamptz not null default clock_timestamp(),
  -- To the minute, so that a page that is looked at costs one small write a minute.
  used_at timestamptz not null default clock_timestamp()
);
