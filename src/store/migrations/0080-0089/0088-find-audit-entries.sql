-- newest(): what one key did. Entries of the gateway itself are in no index by actor: there are too many of them to be worth one.
create index audit_entry_of_actor on audit_entry (actor, at) where actor <> 'gateway';
-- newest() and entries(): entries of one action. Actions that every upload has are left out: they are found soon without an index.
create index audit_entry_of_action on audit_entry (action, at)
  where action not in ('upload.accepted', 'upload.moved', 'upload.batch.intended', 'upload.batch.settled', 'upload.finished', 'sync.delivered');
