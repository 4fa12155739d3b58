/** What a start does, in its order. The words stand in the log. */
export type StartStep =
  | 'open-embedded-database'
  | 'open-database'
  | 'start-sandbox'
  | 'prepare-work'
  | 'start-jobs'
  | 'listen'
