-- An edition whose body was interrupted can be continued from the part that is stored.

alter table registry_edition
  -- A digest of the call that sends it: tenant, path, key and options. The call that sends the rest
  -- must have the same digest.
  add column call_digest text,
  -- Raised by each call that continues it, so that later writes of an earlier call are refused.
  add column attempt int not null default 1,
  -- How many bytes of the file are stored.
  add column kept_bytes bigint not null default 0,
  -- What a continuation needs besides the pages, sealed with the edition's key.
  add column kept_state bytea;
