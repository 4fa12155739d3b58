import { rejectionReason } from '../../../domain/uploads/rejection.ts'
import { sourceWarnings } from '../../../domain/uploads/upload-warnings.ts'
import type { ChunkSink, IntakeSpec } from '../../../intake/contract.ts'
import type { UploadAnswer, UploadRequest } from '../../contract.ts'
import { createPlanTally } from '../control/plan-upload.ts'
import type { ReceiveDeps } from './receive-deps.ts'

/** So many rejected rows are shown by a validation. */
const SHOWN_ROWS = 100

/**
 * Checks a file as an upload would and keeps nothing of it; `valid` says that the file as a whole can be taken, `plan` what
 * delivering it is expected to do, by the register.
 */
export const validateUpload = async (
  deps: Pick<ReceiveDeps, 'runIntake' | 'register' | 'contentHashes'>,
  request: UploadRequest,
  spec: IntakeSpec,
): Promise<UploadAnswer> => {
  const rows: { line: number; column: string | null; code: string; hint: string }[] = []
  const idDigests: Buffer[] = []
  const { tenantId } = request.caller
  const tally = createPlanTally(deps, { tenantId, list: spec.list, options: request.options })
  const sink: ChunkSink = {
    take: async (chunk) => {
      idDigests.push(chunk.idDigests)
      await tally.look(chunk)
      for (const { line, column, code } of chunk.rejected) {
        if (rows.length === SHOWN_ROWS) return
        rows.push({ line, column, code, hint: rejectionReason(code, column) })
      }
    },
    idDigests: async function* () {
      yield* idDigests
    },
  }
  const result = await deps.runIntake(request.body, spec, sink)
  const { source, counts, rejections, columns } = result
  const plan = tally.total(result)
  const body = JSON.stringify({
    valid: true,
    source,
    counts,
    rejections,
    columns,
    warnings: sourceWarnings(source),
    plan,
    rejectedRows: rows,
  })
  return { status: 200, body, location: null, replayed: false }
}
