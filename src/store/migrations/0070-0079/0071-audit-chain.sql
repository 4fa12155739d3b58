-- The chain of audit entries (docs/audit.md): blocks, in a table beside the entries. Nobody changes
-- an entry. An entry has the id of the transaction that wrote it. When no older transaction is
-- running, no earlier entry can appear any longer, and the entries go into the next block.
alter table audit_entry drop column seq, drop column hash, add column xid xid8 not null default '0';
alter table audit_entry alter column xid set default pg_current_xact_id();
-- The chainer takes entries in this order. Entries from before this migration come first, in the
-- order of their ids.
create index audit_entry_in_order on audit_entry (xid, id);

-- The number of an entry in the chain, and the SHA-256 of its canonical JSON.
create table audit_place (
  entry_id text primary key,
  seq bigint not null unique,
  hash text not null
);

create table audit_block (
  block bigint primary key,
  first_entry bigint not null,
  entries int not null check (entries > 0),
  entries_hash text not null,
  previous text not null,
  at text not null,
  signed_by text not null references signing_key (id),
  hash text not null,
  signature bytea not null
);

-- The end of the chain. The writer of a block locks this row.
create table audit_chain (
  only_one boolean primary key default true check (only_one),
  owner text,
  lease_until timestamptz,
  block bigint not null default 0,
  entries bigint not null default 0,
  hash text not null default repeat('0', 64),
  last_xid xid8 not null default '0',
  last_id text not null default ''
);
insert into audit_chain default values;

create function audit_insert_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('gateway.audit_retention', true) = 'on' then
    return old;
  end if;
  raise exception 'The audit trail takes inserts alone: % of % is refused', lower(tg_op), tg_table_name;
end $$;
create trigger audit_entry_insert_only before update or delete on audit_entry for each row execute function audit_insert_only();
create trigger audit_place_insert_only before update or delete on audit_place for each row execute function audit_insert_only();
create trigger audit_block_insert_only before update or delete on audit_block for each row execute function audit_insert_only();
create trigger audit_entry_not_emptied before truncate on audit_entry execute function audit_insert_only();
create trigger audit_place_not_emptied before truncate on audit_place execute function audit_insert_only();
create trigger audit_block_not_emptied before truncate on audit_block execute function audit_insert_only();

-- The only function that deletes entries. It deletes whole blocks that are more than five years
-- old, the oldest first, and never the head. Returns the newest block that it deleted. Returns no
-- row if it deleted none.
create function audit_prune(before_at timestamptz) returns table (block bigint, hash text) language plpgsql as $$
#variable_conflict use_column
declare
  gone audit_block%rowtype;
begin
  if before_at > clock_timestamp() - interval '5 years' then
    raise exception 'The audit trail is kept for five years';
  end if;
  select * into gone from audit_block b
    where b.at < to_char(before_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      and b.block < (select c.block from audit_chain c)
      and not exists (select from audit_block y where y.block < b.block
        and y.at >= to_char(before_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
    order by b.block desc limit 1;
  if not found then
    return;
  end if;
  perform set_config('gateway.audit_retention', 'on', true);
  delete from audit_entry e using audit_place p where p.entry_id = e.id and p.seq < gone.first_entry + gone.entries;
  delete from audit_place p where p.seq < gone.first_entry + gone.entries;
  delete from audit_block b where b.block <= gone.block;
  perform set_config('gateway.audit_retention', 'off', true);
  return query select gone.block, gone.hash;
end $$;
