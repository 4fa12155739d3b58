import type { ImportEvent, ImportStatus } from '../../ports/delivery/contact-files.ts'
import type { CallContext } from '../../ports/genesys/genesys.ts'
import type { ContactReadPort } from '../../ports/uploads/reconciliation.ts'
import { callGenesys, outage } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { aside, askGoingOn, pause, type DeliveryRun } from '../run.ts'

/**
 * The list as it was before the gateway's import. Its import status may still show an earlier
 * import [platform-api: 2.5.4].
 */
export type Snapshot = { status: ImportStatus; size: number | null; lastEventAt: Date }

const MAX_POLL_FACTOR = 10
/** The search for the newest event before an import ignores events older than this. */
const EVENTS_BACK_MS = 3_600_000

export type ImportPorts = {
  start: NonNullable<DeliveryRun['deps']['contactFiles']['startImport']>
  status: (context: CallContext) => Promise<ImportStatus>
  events: (since: Date, context: CallContext) => Promise<ImportEvent[]>
  reads: ContactReadPort
}

/**
 * Binds the calls to the list of the upload. Throws a plain error (a bug) if the dialect has no
 * imports or does not show contacts.
 */
export const importPortsOf = (run: DeliveryRun): ImportPorts => {
  const { contactFiles, contactReads } = run.deps
  const { startImport, readImport, readImportEvents } = contactFiles
  if (!startImport || !readImport || !readImportEvents || !contactReads) {
    throw new Error('the dialect has no imports, or does not show contacts')
  }
  const listId = run.upload.contactListId
  return {
    start: startImport,
    status: (context) => readImport(listId, context),
    events: (since, context) => readImportEvents(listId, since, context),
    reads: contactReads,
  }
}

/**
 * Polls the status with growing waits until `done` returns a result. Returns null after
 * `patienceMs`.
 */
const watch = async <T>(
  run: DeliveryRun,
  ports: ImportPorts,
  patienceMs: number,
  done: (status: ImportStatus) => Promise<T | null> | T | null,
): Promise<T | null> => {
  const { clock, completionPollMs } = run.deps
  const startedMs = clock.monotonicMs()
  for (
    let waitMs = completionPollMs;
    ;
    waitMs = Math.min(waitMs * 1.5, completionPollMs * MAX_POLL_FACTOR)
  ) {
    const said = await done(await callGenesys(run, 'poll', ports.status))
    if (said !== null) return said
    if (clock.monotonicMs() - startedMs >= patienceMs) return null
    await pause(run, waitMs)
    await askGoingOn(run)
  }
}

/**
 * Reads the list before the gateway's import. A list accepts only one import at a time. So this
 * function first waits for the end of a running import of another client or of an earlier run.
 */
export const snapshotOf = async (run: DeliveryRun, ports: ImportPorts): Promise<Snapshot> => {
  const status = await aside(run, () =>
    watch(run, ports, run.deps.retryWindowMs, (now) => (now.state === 'in_progress' ? null : now)),
  )
  if (status === null) throw outage(run, 'import_in_progress')
  const { size } = await checkList(run)
  const since = new Date(run.deps.clock.now().getTime() - EVENTS_BACK_MS)
  const events = await callGenesys(run, 'poll', (context) => ports.events(since, context))
  return { status, size, lastEventAt: events.at(-1)?.at ?? since }
}

const differs = (a: ImportStatus, b: ImportStatus): boolean =>
  a.state !== b.state ||
  a.total !== b.total ||
  a.completed !== b.completed ||
  a.percent !== b.percent ||
  a.failureReason !== b.failureReason

/**
 * `completed`: the status changed, and has as many records as the gateway's file. `shown`: the list
 * shows rows of that file that it did not show before. `unmoved`: for a long time, neither was the
 * case.
 */
export type Ended = 'completed' | 'shown' | 'unmoved' | { failureReason: string | null }

/**
 * Returns a function that derives from a polled status how the gateway's import ended. null: it has
 * not ended, or the status does not show its end. The function remembers whether a status was about
 * the gateway's import.
 */
const createReader = (before: ImportStatus, rows: number) => {
  let ours = false
  return (status: ImportStatus): Ended | null => {
    const moved = status.state === 'in_progress' || differs(status, before)
    const isOfOurs = moved && status.total === rows
    ours ||= isOfOurs
    if (isOfOurs && status.state === 'completed') return 'completed'
    const failed = moved && status.state === 'failed' && (ours || status.total === 0)
    return failed ? { failureReason: status.failureReason } : null
  }
}

/**
 * Waits for the end of the gateway's import. The status may never change. A status with another
 * number of records is about another import. While the status shows nothing about this import and
 * no import is running, calls `isShown`.
 */
export const awaitImport = async (
  run: DeliveryRun,
  ports: ImportPorts,
  about: { before: Snapshot; rows: number; unmovedMs: number; isShown: () => Promise<boolean> },
): Promise<Ended> => {
  const { clock, retryWindowMs } = run.deps
  const read = createReader(about.before.status, about.rows)
  let quietSinceMs = clock.monotonicMs()
  const ended = await watch(run, ports, retryWindowMs, async (status): Promise<Ended | null> => {
    const said = read(status)
    if (said !== null) return said
    if (status.state === 'in_progress') {
      // The gateway's import may be waiting behind the running one.
      quietSinceMs = clock.monotonicMs()
      return null
    }
    if (await about.isShown()) return 'shown'
    return clock.monotonicMs() - quietSinceMs >= about.unmovedMs ? 'unmoved' : null
  })
  if (ended === null) throw outage(run, 'import_processing')
  return ended
}
