-- The number of the newest pull of the list that has begun. null: none since this migration.
alter table dnc_pull add column begun bigint;
-- `begun` when Genesys last reported a change of the list. Each tenant of the list needs a pull with
-- a higher number. null: no change was reported since this migration.
alter table dnc_pull add column changed_after bigint;
