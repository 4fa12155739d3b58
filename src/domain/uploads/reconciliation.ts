import { z } from 'zod'

import { count } from '../answers/answer-values.ts'

/** The result of comparing an upload with what Genesys holds, after the upload ended. */
export const RECONCILIATION_STATES = ['pending', 'agrees', 'differs', 'unavailable'] as const
export type ReconciliationState = (typeof RECONCILIATION_STATES)[number]

export const reconciliationSchema = z.strictObject({
  state: z.enum(RECONCILIATION_STATES),
  /** null: not checked yet. */
  checkedAt: z.iso.datetime().nullable(),
  /**
   * How many rows were checked: contacts that were read back (platform), or rows of jobs that were
   * read again (guide).
   */
  sampled: count,
  /** How many of the sampled rows Genesys does not show. */
  missing: count,
  /**
   * For each column, how many contacts have a value in Genesys that differs from the sent value.
   * The values themselves are never stored.
   */
  differences: z.record(z.string(), count),
  /**
   * How many contacts Genesys reports for the list. null: Genesys reports no number, the list may
   * have been overwritten meanwhile, or the size was not read.
   */
  listSize: count.nullable(),
  /**
   * How many contacts the list should have at least, by the register. null if `listSize` is null.
   */
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

/** Whether Genesys lacks contacts: checked ones, or its list is smaller than the register. */
export const lacksContacts = ({ missing, listSize, registered }: ReconciliationFindings): boolean =>
  missing > 0 || (listSize !== null && registered !== null && listSize < registered)

/**
 * The verdict on the findings of a check. If the list has fewer contacts than the register knows,
 * the state is `differs`. More contacts are no fault, because other clients may add contacts too.
 */
export const verdictOf = (found: ReconciliationFindings): ReconciliationResult => {
  const { sampled, differences, listSize } = found
  if (lacksContacts(found) || Object.keys(differences).length > 0) {
    return { ...found, state: 'differs' }
  }
  return { ...found, state: sampled > 0 || listSize !== null ? 'agrees' : 'unavailable' }
}
