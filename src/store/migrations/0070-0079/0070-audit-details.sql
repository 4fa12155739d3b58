-- The content of an entry besides its counts: a closed set of fields for each action
-- (src/domain/audit/audit-details.ts).
alter table audit_entry add column details jsonb not null default '{}';

-- This trigger writes an audit entry in the statement that changes a state, so that no code can
-- forget the entry. `tg_argv`: the action of a change, the action of the end of a wait, and the
-- column with the object's id. The trigger leaves out the move of an upload from `receiving` to
-- `staged`, and its end as `completed` or `completed_with_errors`. For these moves, the code writes
-- the entry in the same transaction.
create function audit_move() returns trigger language plpgsql as $$
declare
  waited constant boolean := old.state in ('held', 'paused') and new.state not in ('held', 'paused');
begin
  insert into audit_entry (id, tenant_id, actor, action, object, request_id, attempt, latency_ms, outcome, counts, digest, details)
  values (
    'aud_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
      || substr(replace(gen_random_uuid()::text, '-', ''), 14, 19),
    new.tenant_id, 'gateway', case when waited then tg_argv[1] else tg_argv[0] end, to_jsonb(new) ->> tg_argv[2],
    new.request_id, 1, null, 'ok', '{}', null,
    jsonb_build_object('from', old.state, 'to', new.state, 'reason', coalesce(new.hold_reason, old.hold_reason)));
  return null;
end $$;

create trigger upload_moved after update of state, hold_reason on upload for each row
  when ((old.state is distinct from new.state or old.hold_reason is distinct from new.hold_reason)
    and new.state not in ('completed', 'completed_with_errors') and not (old.state = 'receiving' and new.state = 'staged'))
  execute function audit_move('upload.moved', 'upload.released', 'id');
create trigger segment_version_moved after update of state, hold_reason on segment_version for each row
  when (old.state is distinct from new.state or old.hold_reason is distinct from new.hold_reason)
  execute function audit_move('segment.moved', 'segment.released', 'campaign_id');
create trigger dnc_submission_moved after update of state, hold_reason on dnc_submission for each row
  when (old.state is distinct from new.state or old.hold_reason is distinct from new.hold_reason)
  execute function audit_move('dnc.moved', 'dnc.moved', 'id');
create trigger guest_file_moved after update of state, hold_reason on guest_file for each row
  when (old.state is distinct from new.state or old.hold_reason is distinct from new.hold_reason)
  execute function audit_move('guest_file.moved', 'guest_file.released', 'id');
