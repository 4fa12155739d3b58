-- An edition whose body broke off is gone on with from what is kept of it.

alter table registry_edition
  -- Of the call that brings it: its tenant, path, key and options, as a digest. Whoever sends the rest makes the same call.
  add column call_digest text,
  -- Rises with each call that goes on with it: what an earlier one still writes is refused.
  add column attempt int not null default 1,
  -- So many bytes of the file are kept.
  add column kept_bytes bigint not null default 0,
  -- What going on with them needs besides pages, sealed with the edition's key.
  add column kept_state bytea;
