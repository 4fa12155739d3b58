-- Retention now records in the chain how far it will delete, and deletes only when that record has
-- its number. Before, it deleted first. Until the record was in the chain, a verification said that
-- the beginning of the chain was missing. A deletion was also as large as everything that was due,
-- and one that took longer than a statement may take was tried again forever.
drop function audit_prune(timestamptz);

-- The only function that deletes entries. `record` is the id of an entry `audit.pruned` that is in
-- the chain. Deletes the blocks up to the block that the entry names, never the head, and only
-- blocks that are more than five years old.
create function audit_prune(record text) returns void language plpgsql as $$
declare
  gone audit_block%rowtype;
begin
  select b.* into gone from audit_entry e join audit_place p on p.entry_id = e.id
      join audit_block b on b.block = (e.details ->> 'throughBlock')::bigint and b.hash = e.details ->> 'throughHash'
    where e.id = record and e.action = 'audit.pruned' and b.block < (select c.block from audit_chain c);
  if not found then
    raise exception 'The chain does not record this deletion';
  end if;
  if exists (select from audit_block b where b.block <= gone.block
      and b.at >= to_char((clock_timestamp() - interval '5 years') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) then
    raise exception 'The audit trail is kept for five years';
  end if;
  perform set_config('gateway.audit_retention', 'on', true);
  delete from audit_entry e using audit_place p where p.entry_id = e.id and p.seq < gone.first_entry + gone.entries;
  delete from audit_place p where p.seq < gone.first_entry + gone.entries;
  delete from audit_block b where b.block <= gone.block;
  perform set_config('gateway.audit_retention', 'off', true);
end $$;
