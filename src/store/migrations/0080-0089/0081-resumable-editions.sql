-- If the body of an edition was interrupted, a later call can send the rest.

alter table registry_edition
  -- A digest of the tenant, path, idempotency key and options of the call that sends the edition.
  -- The call that sends the rest must have the same digest.
  add column call_digest text,
  -- Each call that continues the edition raises this number. The gateway then refuses further
  -- writes of an earlier call.
  add column attempt int not null default 1,
  -- How many bytes of the file are stored.
  add column kept_bytes bigint not null default 0,
  -- What a continuation needs besides the pages, sealed with the edition's key.
  add column kept_state bytea;
