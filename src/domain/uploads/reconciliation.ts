import { z } from 'zod'

import { count } from '../answers/answer-values.ts'

/** How an upload appears in Genesys when it is checked again after its end. */
export const RECONCILIATION_STATES = ['pending', 'agrees', 'differs', 'unavailable'] as const
export type ReconciliationState = (typeof RECONCILIATION_STATES)[number]

export const reconciliationSchema = z.strictObject({
  state: z.enum(RECONCILIATION_STATES),
  /** null while pending. */
  checkedAt: z.iso.datetime().nullable(),
  /** Rows checked: contacts read back (platform), or rows of the jobs read again (guide). */
  sampled: count,
  /** Of those, rows that Genesys does not account for. */
  missing: count,
  /** By column: contacts that hold another value than was sent. Never a value. */
  differences: z.record(z.string(), count),
  /**
   * Contacts in the list as Genesys reports them. null if it does not, or if the list was being
   * replaced.
   */
  listSize: count.nullable(),
  /** Contacts that it should hold at the least, by the register. null if `listSize` is. */
  registered: count.nullable(),
})
export type Reconciliation = z.output<typeof reconciliationSchema>

export type ReconciliationResult = Omit<Reconciliation, 'checkedAt' | 'state'> & {
  state: Exclude<ReconciliationState, 'pending'>
}

export type ReconciliationFindings = Omit<ReconciliationResult, 'state'>

export const NOTHING_FOUND: ReconciliationFindings = {
  sampled: 0,
  missing: 0,
  differences: {},
  listSize: null,
  registered: null,
}

/** A list smaller than the register differs. A larger one holds contacts of other clients. */
export const verdictOf = (found: ReconciliationFindings): ReconciliationResult => {
  const { sampled, missing, differences, listSize, registered } = found
  const short = listSize !== null && registered !== null && listSize < registered
  if (missing > 0 || short || Object.keys(differences).length > 0) {
    return { ...found, state: 'differs' }
  }
  return { ...found, state: sampled > 0 || listSize !== null ? 'agrees' : 'unavailable' }
}
