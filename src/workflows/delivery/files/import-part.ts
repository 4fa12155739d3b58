import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { ImportEvent, ImportStatus } from '../../ports/delivery/contact-files.ts'
import type { CallContext } from '../../ports/genesys/genesys.ts'
import { failedWith } from '../batches/settle-batch.ts'
import { callGenesys } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { aside, askGoingOn, DeliveryEnds, pause, type DeliveryRun } from '../run.ts'
import { heldForSchema, isSchemaReason } from '../schema-refusal.ts'
import type { PartColumns } from './part-columns.ts'
import type { OpenPart } from './part-refusals.ts'
import { fileOf, markAttempt } from './send-part.ts'
import type { PartOutcome } from './settle-part.ts'

/** The list as it was before an import: its status may still be that of the import before [platform-api: 2.5.4]. */
type Snapshot = { status: ImportStatus; size: number | null; lastEventAt: Date }

/** Terraform's provider gives an import up after 300 s without a sign; by then a small one has long ended. */
const UNMOVED_MS = 300_000
const MAX_POLL_FACTOR = 10
const MAX_SENDS = 2
/** Events older than this are not looked at for the newest one before an import. */
const EVENTS_BACK_MS = 3_600_000

type Ports = {
  start: NonNullable<DeliveryRun['deps']['contactFiles']['startImport']>
  status: (context: CallContext) => Promise<ImportStatus>
  events: (since: Date, context: CallContext) => Promise<ImportEvent[]>
}

const portsOf = (run: DeliveryRun): Ports => {
  const { startImport, readImport, readImportEvents } = run.deps.contactFiles
  if (startImport === null || readImport === null || readImportEvents === null) {
    throw new Error('the dialect has no imports')
  }
  const listId = run.upload.contactListId
  return {
    start: startImport,
    status: (context) => readImport(listId, context),
    events: (since, context) => readImportEvents(listId, since, context),
  }
}

const outage = (run: DeliveryRun, failure: string): DeliveryEnds =>
  new DeliveryEnds({
    kind: 'hold',
    reason: 'genesys_unavailable',
    retryInMs: run.deps.holdRetryMs,
    failure,
  })

/** Looks at the status until `done` says something, in patience; null when `patienceMs` are over. */
const watch = async <T>(
  run: DeliveryRun,
  ports: Ports,
  patienceMs: number,
  done: (status: ImportStatus) => T | null,
): Promise<T | null> => {
  const { clock, completionPollMs } = run.deps
  const startedMs = clock.monotonicMs()
  for (
    let waitMs = completionPollMs;
    ;
    waitMs = Math.min(waitMs * 1.5, completionPollMs * MAX_POLL_FACTOR)
  ) {
    const status = await callGenesys(run, 'poll', ports.status)
    const said = done(status)
    if (said !== null) return said
    if (clock.monotonicMs() - startedMs >= patienceMs) return null
    await pause(run, waitMs)
    await askGoingOn(run)
  }
}

/** Also waits for an import that somebody else, or an earlier run of ours, has under way: a list takes one at a time. */
const snapshotOf = async (run: DeliveryRun, ports: Ports): Promise<Snapshot> => {
  const status = await aside(run, () =>
    watch(run, ports, run.deps.retryWindowMs, (now) => (now.state === 'in_progress' ? null : now)),
  )
  if (status === null) throw outage(run, 'import_in_progress')
  await checkList(run)
  const since = new Date(run.deps.clock.now().getTime() - EVENTS_BACK_MS)
  const events = await callGenesys(run, 'poll', (context) => ports.events(since, context))
  const size = run.list?.size ?? null
  return { status, size, lastEventAt: events.at(-1)?.at ?? since }
}

const differs = (a: ImportStatus, b: ImportStatus): boolean =>
  a.state !== b.state ||
  a.total !== b.total ||
  a.completed !== b.completed ||
  a.percent !== b.percent ||
  a.failureReason !== b.failureReason

type Ended = 'completed' | 'unmoved' | { failureReason: string | null }

/** Waits for the end of our import. `unmoved`: the status never left what it was before. */
const awaitImport = async (
  run: DeliveryRun,
  ports: Ports,
  before: Snapshot,
  unmovedMs: number,
): Promise<Ended> => {
  const { clock, retryWindowMs } = run.deps
  const startedMs = clock.monotonicMs()
  let moved = false
  const ended = await watch(run, ports, retryWindowMs, (status): Ended | null => {
    moved ||= status.state === 'in_progress' || differs(status, before.status)
    if (moved && status.state === 'completed') return 'completed'
    if (moved && status.state === 'failed') return { failureReason: status.failureReason }
    return !moved && clock.monotonicMs() - startedMs >= unmovedMs ? 'unmoved' : null
  })
  if (ended === null) throw outage(run, 'import_processing')
  return ended
}

/** Without a sign in the status the list itself is asked: another size, or a last import of as many records as ours. */
const showsOurImport = async (
  run: DeliveryRun,
  ports: Ports,
  before: Snapshot,
  rows: number,
): Promise<boolean> => {
  await checkList(run)
  if (run.list?.size !== undefined && run.list.size !== before.size) return true
  const status = await callGenesys(run, 'poll', ports.status)
  return status.state === 'completed' && status.total === rows
}

/** Genesys tells of row errors without the row, so their number is all that is known (`import-unattributed`). */
const completed = async (
  run: DeliveryRun,
  ports: Ports,
  before: Snapshot,
): Promise<PartOutcome> => {
  await pause(run, run.deps.completionPollMs)
  const events = await callGenesys(run, 'poll', (context) =>
    ports.events(before.lastEventAt, context),
  )
  const errors = events.filter(({ at, level }) => level === 'error' && at > before.lastEventAt)
  return { kind: 'delivered', unattributed: errors.length }
}

/**
 * Sends a part as an import of the list (platform) and waits for its end. The status belongs to the list and has no word for success,
 * so it is compared with a snapshot from before. A refusal that no retry mends comes back as a value.
 */
export const importPart = async (
  run: DeliveryRun,
  open: OpenPart,
  columns: PartColumns,
  records: Buffer,
): Promise<PartOutcome | GenesysFailure> => {
  const ports = portsOf(run)
  const { contactIdColumn } = columns
  const file = { ...fileOf(run, open, columns, records, true), contactIdColumn }
  for (let sends = 1; ; sends += 1) {
    const before = await snapshotOf(run, ports)
    await markAttempt(run, open)
    try {
      await callGenesys(
        run,
        'delivery',
        (context) => ports.start(file, context),
        () => checkList(run),
      )
    } catch (error) {
      if (error instanceof GenesysFailure) return error
      throw error
    }
    // Looks included: a lane that rests here cannot take the import up again, and sends the whole file once more.
    const unmovedMs = run.deps.importUnmovedMs ?? UNMOVED_MS
    const ended = await aside(run, () => awaitImport(run, ports, before, unmovedMs))
    if (typeof ended === 'object') {
      if (isSchemaReason(ended.failureReason)) throw heldForSchema([ended.failureReason])
      const verdict = failedWith('genesys-import-failed', ended.failureReason)
      return { kind: 'all', verdict, ended: 'failed' }
    }
    if (ended === 'completed') return completed(run, ports, before)
    if (await showsOurImport(run, ports, before, open.part.rows)) {
      return completed(run, ports, before)
    }
    if (sends >= MAX_SENDS) throw outage(run, 'import_unmoved')
  }
}
