-- How many contacts of a list Genesys holds by our knowledge, kept instead of counted: whoever sends one contact asks for it.
alter table register
  -- Rows of contact_register that count: those from before the list was cleared (list_clearing) do not.
  add column contacts bigint not null default 0,
  -- No row that counts has a greater accepted_seq: where this is less than a clearing's, nothing outlives the clearing.
  add column newest_seq bigint not null default 0;

update register set contacts = counted.contacts, newest_seq = counted.newest
  from (select register_id, count(*) as contacts, max(accepted_seq) as newest
    from contact_register join register as of_list on of_list.id = register_id left join list_clearing using (list_id)
    where accepted_seq >= coalesce(cleared_seq, 0) group by register_id) as counted
  where id = counted.register_id;

-- Settlements count what they add (settledRegister()). Whoever deletes need not think of it: erasure, a hand at the database.
create function uncount_contacts() returns trigger language plpgsql as $$
begin
  -- Locked by a statement of its own: a clearing that was waited for here is seen by the next one.
  perform from register where id in (select register_id from gone) order by id for update;
  update register set contacts = register.contacts - lost.contacts
    from (select register_id, count(*) as contacts
      from gone join register as of_list on of_list.id = register_id left join list_clearing using (list_id)
      where accepted_seq >= coalesce(cleared_seq, 0) group by register_id) as lost
    where id = lost.register_id;
  return null;
end $$;
create trigger contacts_gone after delete on contact_register referencing old table as gone
  for each statement execute function uncount_contacts();
