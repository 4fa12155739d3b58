-- Files for a live conversation, in addition to those for a person.
alter table guest_file alter column external_contact_id drop not null;
alter table guest_file add column conversation_id text;
alter table guest_file add column communication_id text;
alter table guest_file add check (
  (external_contact_id is null) = (conversation_id is not null) and (conversation_id is null) = (communication_id is null)
);
-- Before, `progress` stored only that a confirmation was requested. Now it stores when.
update guest_file set progress = (progress - 'confirmAsked') || jsonb_build_object('confirmAskedAt',
  case when (progress ->> 'confirmAsked')::boolean
    then to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end)
where progress ? 'confirmAsked';
