-- The subscriptions in each Genesys org, by target. Genesys lists no subscriptions, so these rows
-- are all that is known about them.
create table event_subscription (
  api_host text not null,
  client_id text not null,
  event_type text not null,
  -- SHA-256 of the URL with its token. With another PUBLIC_URL or another secret, the subscription
  -- is a different one.
  target_digest bytea not null,
  state text not null check (state in ('registering', 'registered', 'refused', 'unknown')),
  genesys_id text,
  attempts integer not null default 1,
  attempted_at timestamptz not null default clock_timestamp(),
  next_at timestamptz,
  -- For claim(): only one of all instances subscribes.
  primary key (api_host, client_id, event_type, target_digest),
  check ((state in ('refused', 'unknown')) = (next_at is not null))
);
