-- How often somebody said, since the lane's claim, that what it waits for has happened: renew() tells its holder, wherever that is.
alter table lane add column nudges integer not null default 0;
