import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { UploadMode } from '../../../domain/uploads/upload-options.ts'
import type { ContactFilePart } from '../../ports/delivery/contact-files.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { CallContext } from '../../ports/genesys/genesys.ts'
import { callGenesys, type Tries } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { sendWiping, wipesNext } from '../overwrite.ts'
import type { DeliveryRun } from '../run.ts'
import { CSV_LINE_BREAK } from './contact-csv.ts'
import type { PartColumns } from './part-columns.ts'
import type { OpenPart } from './part-refusals.ts'

/** The part as a file. `withHeader`: whether the call needs a header in the file. */
export const fileOf = (
  run: DeliveryRun,
  { part }: OpenPart,
  columns: PartColumns,
  records: Buffer,
  withHeader: boolean,
): ContactFilePart => ({
  listId: run.upload.contactListId,
  requestId: part.id,
  fileName: `${run.upload.id}-${part.seq}.csv`,
  csv: withHeader
    ? Buffer.concat([Buffer.from(`${columns.header}${CSV_LINE_BREAK}`), records])
    : records,
  rows: part.rows,
})

/** How the HTTP tries of the part are recorded. */
export const partTries = (run: DeliveryRun, open: OpenPart): Tries => ({
  record: () => recordPartTry(run, open),
  noteRefused: () => {
    open.part.refusals += 1
    return run.deps.delivery.noteRefusedTry(run.claim, open.part.id)
  },
})

/**
 * Records an HTTP try of the part. From then until the answer, the outcome of the part is unknown.
 */
const recordPartTry = async (run: DeliveryRun, { part, batches }: OpenPart): Promise<void> => {
  await run.deps.delivery.recordTry(run.claim, part.id)
  part.state = 'sent'
  part.jobId = null
  part.attempts += 1
  for (const batch of batches) {
    if (batch.state === 'settled') continue
    batch.state = 'sent'
    batch.attempts += 1
  }
  run.deps.emit('part.sent', {
    uploadId: run.upload.id,
    partId: part.id,
    seq: part.seq,
    method: part.method,
    rows: part.rows,
    bytes: part.bytes,
    attempt: part.attempts,
  })
}

type Send = (mode: UploadMode, context: CallContext) => Promise<{ jobId: string }>

const senderOf = (
  run: DeliveryRun,
  open: OpenPart,
  columns: PartColumns,
  records: Buffer,
): Send => {
  const { contactFiles, callbackUrl } = run.deps
  const { sendFile, sendCallbackFile } = contactFiles
  const { contactListId, duplicates, delivery } = run.upload
  if (open.part.method === 'file') {
    if (sendFile === null) throw new Error('the dialect takes no files')
    return (mode, context) => {
      const overwrite = mode === 'overwrite'
      return sendFile({ ...fileOf(run, open, columns, records, overwrite), mode }, context)
    }
  }
  if (sendCallbackFile === null || callbackUrl === null) {
    throw new Error('the dialect, or the configuration, has no callbacks')
  }
  const file = fileOf(run, open, columns, records, true)
  const about = {
    duplicateCheckField: delivery.duplicateCheckField ?? columns.contactIdColumn,
    duplicateCheckBehavior: duplicates,
    columns: columns.columns,
    callbackUrl: callbackUrl(open.part.id, contactListId),
  }
  return (_mode, context) => sendCallbackFile({ ...file, ...about }, context)
}

/**
 * Sends a part under its own id and records every try. Then stores the job id and returns it. If
 * Genesys refuses the part and no retry fixes this, returns the failure as a value. If some rows
 * must no longer be sent, returns these rows and sends nothing. Throws every other failure.
 */
export const sendPart = async (
  run: DeliveryRun,
  open: OpenPart,
  columns: PartColumns,
  records: Buffer,
): Promise<string | GenesysFailure | RowsWithheld> => {
  const { part } = open
  const send = senderOf(run, open, columns, records)
  const tries = partTries(run, open)
  try {
    const { jobId } = wipesNext(run)
      ? await sendWiping(run, { rows: part.rows, inDoubt: part.attempts > 0, tries }, send)
      : await callGenesys(run, 'delivery', (context) => send('append', context), {
          onConflict: () => checkList(run),
          tries,
        })
    part.jobId = jobId
    await run.deps.delivery.noteJob(run.claim, part.id, jobId)
    return jobId
  } catch (error) {
    if (error instanceof GenesysFailure || error instanceof RowsWithheld) return error
    throw error
  }
}
