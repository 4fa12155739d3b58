-- For newest(): the entries of one key. The gateway's own entries are left out, because they are
-- too many for an index by actor to help.
create index audit_entry_of_actor on audit_entry (actor, at) where actor <> 'gateway';
-- For newest() and entries(): entries of one action. Actions that most uploads have are left out,
-- because a search finds them quickly without an index.
create index audit_entry_of_action on audit_entry (action, at)
  where action not in ('upload.accepted', 'upload.moved', 'upload.batch.intended', 'upload.batch.settled', 'upload.finished', 'sync.delivered');
