/** The steps of a start, in order. The log shows these words. */
export type StartStep =
  | 'open-embedded-database'
  | 'open-database'
  | 'start-sandbox'
  | 'prepare-work'
  | 'warm-up'
  | 'start-jobs'
  | 'listen'
