import { type Caller, hasScope } from '../../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../../domain/audit/audit.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { AuditStore } from '../../ports/audit/audit.ts'
import type { LedgerRow } from '../../ports/uploads/uploads.ts'

/**
 * Records in the audit trail that the cells of these rows will be shown, and then returns the rows.
 * Throws `scope-missing` if the caller may not see cells.
 */
export type RevealCells = (input: {
  caller: Caller
  uploadId: string
  rows: readonly LedgerRow[]
  /** If the cells are sent as a file: how many rows it has. `rows` is then empty. */
  all?: number
}) => Promise<readonly LedgerRow[]>

/** Throws `scope-missing` if the caller may not see cells. */
export const checkMayReveal = ({ scopes }: Pick<Caller, 'scopes'>): void => {
  if (hasScope(scopes, 'cells:reveal')) return
  const detail = 'Only keys with the scope cells:reveal can see the cells.'
  throw new GatewayProblem('scope-missing', detail, { scope: 'cells:reveal' })
}

/**
 * If the audit entry cannot be stored, throws the error of the store, and the cells stay hidden.
 */
export const createRevealCells =
  (deps: { audit: AuditStore; ids: Ids }): RevealCells =>
  async ({ caller, uploadId, rows, all }) => {
    checkMayReveal(caller)
    const lines = rows.map(({ line }) => line)
    const counts: Record<string, number> =
      all === undefined
        ? { rows: rows.length, fromLine: lines[0] ?? 0, toLine: lines.at(-1) ?? 0 }
        : { rows: all }
    await deps.audit.append([
      createAuditEntry(deps.ids, byCaller(caller), {
        action: 'upload.cells_revealed',
        object: uploadId,
        counts,
      }),
    ])
    return rows
  }
