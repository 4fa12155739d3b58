/**
 * From each state, the states that may follow, for a contact that Genesys held before an entry
 * named it. `retracted`: Genesys does not call it any more. `gone`: Genesys does not hold it.
 * `reported`: Genesys has no call for this, so the contact is only reported. If a contact may have
 * come to Genesys again, it is retracted again.
 */
const RETRACTION_TRANSITIONS = {
  open: ['retracted', 'gone', 'reported'],
  retracted: ['open'],
  gone: ['open'],
  reported: [],
} as const satisfies Record<string, readonly string[]>

export type RetractionState = keyof typeof RETRACTION_TRANSITIONS
export const RETRACTION_STATES = Object.keys(RETRACTION_TRANSITIONS) as RetractionState[]

export type RetractionEnd = (typeof RETRACTION_TRANSITIONS)['open'][number]
export const RETRACTION_ENDS: readonly RetractionEnd[] = RETRACTION_TRANSITIONS.open

/** States that open again if the contact may have come to Genesys once more. */
export const OPENS_AGAIN: readonly RetractionState[] = RETRACTION_STATES.filter((state) =>
  (RETRACTION_TRANSITIONS[state] as readonly string[]).includes('open'),
)
