import { NOTHING_FOUND, type Reconciliation } from '../../domain/uploads/reconciliation.ts'

/** Set by an upload's end (`ending.ts`): the delivered rows are to be checked again. */
export const PENDING_JSON = JSON.stringify({ state: 'pending', ...NOTHING_FOUND })

export type ReconciliationColumns = {
  reconciliation: Omit<Reconciliation, 'checkedAt'> | null
  reconciled_at: Date | null
}

/** Member by member, because jsonb returns them in another order. */
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
