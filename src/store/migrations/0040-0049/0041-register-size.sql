-- How many contacts of a list Genesys holds, as far as the gateway knows. Stored instead of
-- counted, because even an upload of one contact needs the number.
alter table register
  -- How many rows of contact_register count. Rows from before the list was cleared (list_clearing)
  -- do not.
  add column contacts bigint not null default 0,
  -- The greatest accepted_seq of the rows that count, or a greater number. If this number is less
  -- than the accepted_seq of a clearing, no contact is newer than the clearing.
  add column newest_seq bigint not null default 0;

update register set contacts = counted.contacts, newest_seq = counted.newest
  from (select register_id, count(*) as contacts, max(accepted_seq) as newest
    from contact_register join register as of_list on of_list.id = register_id left join list_clearing using (list_id)
    where accepted_seq >= coalesce(cleared_seq, 0) group by register_id) as counted
  where id = counted.register_id;

-- Settlements count what they add (settledRegister()). This trigger counts deletions. So no
-- statement that deletes has to count: neither an erasure, nor a statement that a person runs in
-- the database.
create function uncount_contacts() returns trigger language plpgsql as $$
begin
  -- Locks in a separate statement. The next statement then sees a clearing for which this one
  -- waited.
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
