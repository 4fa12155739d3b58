import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { Attempted } from '../../ports/delivery/attempted.ts'
import type { Batch } from '../../ports/delivery/delivery.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { BatchAnswer, BatchToSend } from '../../ports/genesys/genesys.ts'
import { callGenesys, type Tries } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { sendWiping, wipesNext } from '../overwrite.ts'
import type { DeliveryRun } from '../run.ts'
import type { ChunkPlan } from './plan-batch.ts'
import { sentRows } from './plan-batch.ts'

/**
 * Sends one batch under its own id and records every try. The caller stores the job id. If Genesys
 * refuses the batch and no retry fixes this, returns the failure as a value. If some rows must no
 * longer be sent, returns these rows and sends nothing. Throws every other failure.
 */
export const sendBatch = async (
  run: DeliveryRun,
  batch: Batch,
  plan: ChunkPlan,
): Promise<BatchAnswer | GenesysFailure | RowsWithheld> => {
  const { contactLists } = run.deps
  const request = plan.requests.get(batch.id) ?? requestOf(run, batch, plan)
  plan.requests.delete(batch.id)
  const tries = triesOf(run, batch)
  try {
    const answer = wipesNext(run)
      ? await sendWiping(
          run,
          { rows: request.contactIds.length, inDoubt: batch.attempts > 0, tries },
          (mode, context) => contactLists.sendBatch({ ...request, mode }, context),
        )
      : await callGenesys(run, 'delivery', (context) => contactLists.sendBatch(request, context), {
          onConflict: () => checkList(run),
          tries,
        })
    if (answer.kind === 'accepted') batch.jobId = answer.jobId
    return answer
  } catch (error) {
    if (error instanceof GenesysFailure || error instanceof RowsWithheld) return error
    throw error
  }
}

const triesOf = ({ deps: { delivery }, claim }: DeliveryRun, batch: Batch): Tries => ({
  record: async () => {
    await delivery.recordTry(claim, batch.id)
    batch.state = 'sent'
    batch.attempts += 1
  },
  noteRefused: () => {
    batch.refusals += 1
    return delivery.noteRefusedTry(claim, batch.id)
  },
})

/** Whether Genesys is known to have taken no row of the request: it refused every try. */
export const tookNothing = ({ attempts, refusals }: Attempted): boolean => attempts === refusals

/**
 * Builds the request while an earlier request is in flight, so that it can be sent without a delay.
 */
export const prepareRequest = (run: DeliveryRun, batch: Batch, plan: ChunkPlan): void => {
  if (batch.state !== 'intended' || sentRows(batch).length === 0) return
  const request = requestOf(run, batch, plan)
  const body = run.deps.contactLists.serialise(request)
  plan.requests.set(batch.id, { ...request, body })
}

/** The request that carries the rows of the batch. */
export const requestOf = (run: DeliveryRun, batch: Batch, plan: ChunkPlan): BatchToSend => {
  const { chunk } = plan
  const declared = new Map(run.reading.list()?.columns.map((column) => [column.name, column]))
  const rows = sentRows(batch)
  const all = rows.length === chunk.contactIds.length
  const cells: string[] = all ? chunk.cells : []
  if (!all) {
    for (const row of rows) {
      const end = (row + 1) * chunk.width
      for (let cell = row * chunk.width; cell < end; cell += 1) cells.push(chunk.cells[cell]!)
    }
  }
  return {
    listId: run.upload.contactListId,
    requestId: batch.id,
    columns: run.upload.targetColumns.map((name) => {
      const column = declared.get(name)
      return { name, kind: column?.kind ?? 'text', required: column?.required ?? false }
    }),
    contactIds: all ? chunk.contactIds : rows.map((row) => chunk.contactIds[row]!),
    cells,
    ...(run.upload.queue === null ? {} : { queue: run.upload.queue }),
  }
}
