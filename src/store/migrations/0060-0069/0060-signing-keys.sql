-- What the gateway signs with. Rows are never deleted: what a key signed is proved by its public half for as long as it is kept.
create table signing_key (
  id text primary key,
  -- The raw 32 bytes of Ed25519.
  public_key bytea not null,
  -- The private half, sealed under the encryption key of this id; null: it comes from the configuration.
  key_id text,
  sealed bytea,
  created_at timestamptz not null default clock_timestamp(),
  check ((key_id is null) = (sealed is null))
);
