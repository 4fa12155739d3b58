/** Where an erasure looks for a person. */
export const ERASURE_PLACES = [
  'rows',
  'file-names',
  'answers',
  'deliveries',
  'segments',
  'entries',
  'guest-files',
  'genesys-contacts',
  'register',
  'retractions',
] as const
export type ErasurePlace = (typeof ERASURE_PLACES)[number]
