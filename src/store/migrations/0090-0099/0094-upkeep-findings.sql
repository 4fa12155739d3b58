-- What the last run of each task found, as numbers by name. All instances show these numbers in
-- their metrics. Before, only the instance that had made the run showed them, and it went on to
-- show them after another instance had made a later run.
alter table upkeep add column found jsonb not null default '{}';
