-- The keys with which the gateway signs. Rows are never deleted, because a signature can be
-- verified only as long as the public half of its key is kept.
create table signing_key (
  id text primary key,
  -- The 32 raw bytes of the Ed25519 key.
  public_key bytea not null,
  -- The private half, sealed under the encryption key with this id. null: it comes from the
  -- configuration.
  key_id text,
  sealed bytea,
  created_at timestamptz not null default clock_timestamp(),
  check ((key_id is null) = (sealed is null))
);
