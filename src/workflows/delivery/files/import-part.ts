import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import { failedWith } from '../batches/settle-batch.ts'
import { callGenesys } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { aside, askGoingOn, DeliveryEnds, pause, type DeliveryRun } from '../run.ts'
import { heldForSchema, isSchemaReason } from '../schema-refusal.ts'
import {
  isReadable,
  missingOf,
  outcomeOfImport,
  shownOf,
  type Survey,
  surveyPart,
} from './import-evidence.ts'
import {
  awaitImport,
  type Ended,
  type ImportPorts,
  importPortsOf,
  snapshotOf,
} from './import-status.ts'
import type { PartColumns } from './part-columns.ts'
import type { OpenPart } from './part-refusals.ts'
import { fileOf, partTries } from './send-part.ts'
import type { PartOutcome } from './settle-part.ts'

/**
 * Genesys' Terraform provider gives up an import after 300 s without progress. A small import ends
 * much earlier.
 */
const UNMOVED_MS = 300_000
const MAX_SENDS = 2
/** How often an import without any effect is sent again: every hour. */
const UNPROVEN_RETRY_MS = 3_600_000
/**
 * The wait between an import into a cleared list and the reading of the list. A clearing that was
 * still pending takes effect during this wait, and the imported rows are then gone.
 */
const AFTER_CLEARING_MS = 10_000

const unproven = (): DeliveryEnds =>
  new DeliveryEnds({
    kind: 'hold',
    reason: 'import_unproven',
    retryInMs: UNPROVEN_RETRY_MS,
    failure: 'import_unproven',
    problem: {
      code: 'import-unproven',
      detail: 'Genesys accepted the file twice, but nothing shows that it was imported.',
    },
  })

/**
 * Whether an earlier attempt with an unknown outcome imported the part. If so, the part need not be
 * sent again.
 */
const isThere = async (
  run: DeliveryRun,
  ports: ImportPorts,
  open: OpenPart,
  survey: Survey,
): Promise<boolean> => {
  if (open.part.attempts === 0 || !isReadable(survey)) return false
  const shown = await shownOf(run, ports, survey.sample)
  if (shown.size < survey.sample.length) return false
  return (await missingOf(run, ports, open)).size === 0
}

const failedAs = (ended: Ended): PartOutcome | null => {
  if (typeof ended !== 'object') return null
  if (isSchemaReason(ended.failureReason)) throw heldForSchema([ended.failureReason])
  const verdict = failedWith('genesys-import-failed', ended.failureReason)
  return { kind: 'all', verdict, ended: 'failed' }
}

/**
 * Sends a part as an import of the list (platform) and waits for its end. Genesys has only one
 * import status for each list, and this status has no value for "success". The status may be about
 * another client's import, or may never change. So the gateway counts the import as done only if
 * the list shows rows of the part that it did not show before. If the list showed all sampled rows
 * before, one of two other proofs is enough: the status has as many records as the part, or the
 * list shows every row. If the list does not show the rows and the status reports that this import
 * failed, the rows fail. Otherwise the part is sent once more, and after that the upload is held.
 * If the reported reason is about the columns, the upload is held immediately. A refusal that no
 * retry fixes, and rows that must not be sent, are returned as values.
 */
export const importPart = async (
  run: DeliveryRun,
  open: OpenPart,
  columns: PartColumns,
  records: Buffer,
): Promise<PartOutcome | GenesysFailure | RowsWithheld> => {
  const ports = importPortsOf(run)
  const { contactIdColumn } = columns
  const clearSystemData = run.upload.queue?.clearSystemData ?? false
  const file = {
    ...fileOf(run, open, columns, records, true),
    contactIdColumn,
    clearSystemData,
  }
  const survey = await surveyPart(run, open)
  for (let sends = 1; ; sends += 1) {
    const before = await snapshotOf(run, ports)
    if (await isThere(run, ports, open, survey)) return { kind: 'delivered', unattributed: 0 }
    const heldBefore = await shownOf(run, ports, survey.sample)
    try {
      await callGenesys(run, 'delivery', (context) => ports.start(file, context), {
        onConflict: () => checkList(run),
        tries: partTries(run, open),
      })
    } catch (error) {
      if (error instanceof GenesysFailure || error instanceof RowsWithheld) return error
      throw error
    }
    const provable = survey.sample.filter(({ key }) => !heldBefore.has(key)).slice(0, 50)
    const isShown = async (): Promise<boolean> =>
      provable.length > 0 && (await shownOf(run, ports, provable)).size === provable.length
    const unmovedMs = run.deps.importUnmovedMs ?? UNMOVED_MS
    const rows = open.part.rows
    // The sample is read within `aside` too. If the lane stopped before the sample was read, the
    // next run could not recognise the import and would send the whole file again.
    const outcome = await aside(run, async () => {
      const ended = await awaitImport(run, ports, { before, rows, unmovedMs, isShown })
      if (run.upload.mode === 'overwrite') await pause(run, AFTER_CLEARING_MS)
      await askGoingOn(run)
      const about = { open, survey, heldBefore, before, ended, unmovedMs }
      return (await outcomeOfImport(run, ports, about)) ?? failedAs(ended)
    })
    if (outcome !== null) return outcome
    if (sends >= MAX_SENDS) throw unproven()
  }
}
