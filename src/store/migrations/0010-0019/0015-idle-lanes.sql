-- A lane without work is ready at no time: claiming reads lane_ready in order and met every list that was ever used.
update lane set ready_at = 'infinity' where lease_until is null
  and not exists (select from upload where lane_key = lane.key and state in ('staged', 'delivering', 'awaiting_completion'));
