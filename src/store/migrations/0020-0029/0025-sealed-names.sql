-- Contact ids, idempotency keys, stored answers and file names are no longer stored in the clear.
-- SQL has no access to the encryption keys. This migration therefore moves the present values to
-- tables `…_clear`. The same start then seals them, lot by lot (src/store/homes/seal-stored.ts),
-- and drops these tables.

-- One row for each tenant and list: what the gateway knows about the tenant's contacts in that list
-- of Genesys. Rows of contacts refer to this row by its number, which keeps them short.
create table register (
  id integer primary key generated always as identity,
  tenant_id text not null,
  list_id text not null,
  -- Contacts are looked up by both columns. forgetCleared() reads by the list.
  constraint register_of_list unique (list_id, tenant_id)
);
insert into register (tenant_id, list_id)
  select tenant_id, contact_list_id from upload union select tenant_id, list_id from contact_register;

alter table contact_register rename to contact_register_clear;
alter table contact_register_clear rename constraint contact_register_pkey to contact_register_clear_pkey;
create table contact_register (
  register_id integer not null,
  -- The keyed digest of the contact id, as in `chunk.id_digests`.
  contact_digest bytea not null,
  -- The id itself, sealed under a key that only the digest opens.
  sealed_id bytea not null,
  content_hash bytea not null,
  accepted_seq bigint not null,
  upload_id text not null,
  line integer not null,
  delivered_at timestamptz not null default clock_timestamp(),
  -- For registered(), registerSize() and the upsert of settle().
  primary key (register_id, contact_digest)
);

alter table idempotency_key rename to idempotency_key_clear;
alter table idempotency_key_clear rename constraint idempotency_key_pkey to idempotency_key_clear_pkey;
create table idempotency_key (
  tenant_id text not null,
  method text not null,
  path text not null,
  key_digest bytea not null,
  state text not null check (state in ('claimed', 'done')),
  owner text not null,
  heartbeat_at timestamptz not null default clock_timestamp(),
  fingerprint text,
  status integer,
  sealed_body bytea,
  -- An upload id that belongs inside the body of the answer. Only the statement that staged the
  -- upload knew this id, so the parts before and after it were sealed without it.
  same_file_as text,
  location text,
  created_at timestamptz not null default clock_timestamp(),
  done_at timestamptz,
  check ((state = 'done') = (status is not null and fingerprint is not null and sealed_body is not null and done_at is not null)),
  primary key (tenant_id, method, path, key_digest)
);

alter table list_intent rename to list_intent_clear;
alter table list_intent_clear rename constraint list_intent_pkey to list_intent_clear_pkey;
create table list_intent (
  tenant_id text not null references tenant (id),
  method text not null,
  path text not null,
  key_digest bytea not null,
  fingerprint text not null,
  intended_at timestamptz not null default clock_timestamp(),
  -- intentOf() and forget() read by the scope of the call's idempotency key.
  primary key (tenant_id, method, path, key_digest)
);

-- The name of an upload's file, which was part of `source` before.
alter table upload
  add column file_name bytea,
  add column file_name_digest bytea;
