import { NOTHING_FOUND, type Reconciliation } from '../../domain/uploads/reconciliation.ts'

/**
 * The value that the end of an upload sets (`ending.ts`, `look-again.ts`) if its delivered rows
 * must be checked against Genesys.
 */
export const PENDING_JSON = JSON.stringify({ state: 'pending', ...NOTHING_FOUND })

export type ReconciliationColumns = {
  reconciliation: Omit<Reconciliation, 'checkedAt'> | null
  reconciled_at: Date | null
}

/** Sets the members one by one, because jsonb returns them in another order. */
export const reconciliationOf = (row: ReconciliationColumns): Reconciliation | null => {
  const found = row.reconciliation
  if (found === null) return null
  return {
    state: found.state,
    checkedAt: row.reconciled_at?.toISOString() ?? null,
    sampled: found.sampled,
    missing: found.missing,
    differences: found.differences,
    listSize: found.listSize,
    registered: found.registered,
  }
}
