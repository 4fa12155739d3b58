import type { RejectedRow } from '../../../domain/uploads/chunk.ts'
import { rejectionReason } from '../../../domain/uploads/rejection.ts'
import type { RowFault } from '../../../domain/uploads/rejection.ts'
import { showColumns, showSource } from '../../../domain/uploads/upload-members.ts'
import { queueWarnings, sourceWarnings } from '../../../domain/uploads/upload-warnings.ts'
import type { ChunkSink, IntakeSpec } from '../../../intake/contract.ts'
import type { UploadAnswer, UploadRequest } from '../../contract.ts'
import { beginSuppression } from '../../do-not-call/suppress-rows.ts'
import { createPlanTally } from '../control/plan-upload.ts'
import type { ReceiveDeps } from './receive-deps.ts'

/** How many rejected rows a validation shows. */
const SHOWN_ROWS = 100

type ShownFault = { column: string | null; code: string; hint: string }
/** A rejected row: its first fault, and all its faults. */
type RejectedRowShown = ShownFault & { line: number; faults: ShownFault[] }

const shownFault = (fault: RowFault): ShownFault => ({
  column: fault.column,
  code: fault.code,
  hint: rejectionReason(fault),
})

const shownRow = ({ line, more = [], ...first }: RejectedRow): RejectedRowShown => ({
  line,
  ...shownFault(first),
  faults: [first, ...more].map(shownFault),
})

/**
 * Checks a file as an upload would, and stores nothing. Answers 200 if the file as a whole can be
 * accepted. `plan`: what delivering the file is expected to do, according to the register. Throws
 * `FileRefused` if the file as a whole is refused, for example because it cannot be read.
 */
export const validateUpload = async (
  deps: Pick<ReceiveDeps, 'runIntake' | 'register' | 'contentHashes' | 'suppressions'>,
  request: UploadRequest,
  spec: IntakeSpec,
): Promise<UploadAnswer> => {
  const rows: RejectedRowShown[] = []
  const idDigests: Buffer[] = []
  const { tenantId } = request.caller
  const { options, queue = null } = request
  const suppression = await beginSuppression(deps.suppressions, spec.list.id)
  const tally = createPlanTally(deps, { tenantId, list: spec.list, options, queue })
  const sink: ChunkSink = {
    take: async (chunk) => {
      idDigests.push(chunk.idDigests)
      await suppression.look(chunk)
      await tally.look(chunk)
      for (const row of chunk.rejected) {
        if (rows.length === SHOWN_ROWS) return
        rows.push(shownRow(row))
      }
    },
    idDigests: async function* () {
      yield* idDigests
    },
  }
  const result = await suppression.settle(await deps.runIntake(request.body, spec, sink))
  const { counts, rejections, columns } = result
  const source = showSource(result.source)
  const plan = await tally.total(result)
  const body = JSON.stringify({
    valid: true,
    source,
    counts,
    rejections,
    columns: showColumns(columns),
    warnings: [...sourceWarnings(result.source), ...queueWarnings(queue, options.mode, plan)],
    plan,
    rejectedRows: rows,
  })
  return { status: 200, body, location: null, replayed: false }
}
