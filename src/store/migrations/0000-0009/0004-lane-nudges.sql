-- How many nudges the lane got since its claim. A nudge reports that the event for which the lane
-- waits may have happened. renew() passes the number on to the lane's holder, on any instance.
alter table lane add column nudges integer not null default 0;
