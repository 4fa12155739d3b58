import { differingColumns } from '../../../domain/contacts/shown-cells.ts'
import type { GenesysRowCode } from '../../../domain/genesys/genesys-rejections.ts'
import { planChunk, rowKey, type RowVerdict, sentRows } from '../batches/plan-batch.ts'
import { failedWith } from '../batches/settle-batch.ts'
import { callGenesys } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { askGoingOn, pause, type DeliveryRun } from '../run.ts'
import type { Ended, ImportPorts, Snapshot } from './import-status.ts'
import type { OpenPart } from './part-refusals.ts'
import type { PartOutcome } from './settle-part.ts'

/** A row that the part sends, and what Genesys should show of it. */
type SentRow = { key: string; contactId: string; cells: readonly string[] }

/**
 * Facts about a part before it is sent: a random sample of its rows, and the number of its contacts
 * that any tenant has already delivered to the list.
 */
export type Survey = { sample: readonly SentRow[]; rows: number; known: number }

/**
 * The most rows of a sample. Reading a sample takes at most four calls. If a part has at most this
 * many rows, the sample has all of them.
 */
const SAMPLE_ROWS = 200
const ROWS_A_READ = 50
/**
 * A part with more rows than this is read back only if nothing else shows how many of its rows are
 * missing. Reading this many rows takes 2,000 calls of the least urgent class. A file of 10 MB
 * seldom has more rows.
 */
const READ_BACK_MOST = 100_000
/** After an import, contacts may appear late, because Genesys' index lags behind. */
const READ_AGAIN_MS = 5_000
const READS = 4

/**
 * Every row that the part sends. Only one chunk is in memory at a time. `known`: whether any tenant
 * has already delivered the contact to the list.
 */
async function* rowsOf(
  run: DeliveryRun,
  { batches }: OpenPart,
): AsyncGenerator<SentRow & { known: boolean }> {
  for (const batch of batches) {
    const rows = sentRows(batch)
    if (rows.length === 0) continue
    const { chunk, overwritten } = await planChunk(run, batch.chunkSeq, true)
    for (const row of rows) {
      const contactId = chunk.contactIds[row]!
      const cells = chunk.cells.slice(row * chunk.width, (row + 1) * chunk.width)
      yield { key: rowKey(batch, row), contactId, cells, known: overwritten.has(contactId) }
    }
  }
}

/** Counts the rows of a part and draws the sample. Every row is equally likely to be drawn. */
export const surveyPart = async (run: DeliveryRun, open: OpenPart): Promise<Survey> => {
  const sample: SentRow[] = []
  let rows = 0
  let known = 0
  for await (const row of rowsOf(run, open)) {
    rows += 1
    if (row.known) known += 1
    if (sample.length < SAMPLE_ROWS) {
      sample.push(row)
      continue
    }
    const at = Math.floor(run.deps.random() * rows)
    if (at < SAMPLE_ROWS) sample[at] = row
  }
  return { sample, rows, known }
}

/** The keys of the rows that Genesys shows exactly as sent. */
export const shownOf = async (
  run: DeliveryRun,
  ports: ImportPorts,
  rows: readonly SentRow[],
): Promise<Set<string>> => {
  const { contactListId, targetColumns } = run.upload
  const shown = new Set<string>()
  for (let from = 0; from < rows.length; from += ROWS_A_READ) {
    const some = rows.slice(from, from + ROWS_A_READ)
    const ids = some.map(({ contactId }) => contactId)
    const held = await callGenesys(run, 'poll', (context) =>
      ports.reads.readContacts(contactListId, ids, context),
    )
    for (const { key, contactId, cells } of some) {
      const data = held.get(contactId)
      if (data && differingColumns(targetColumns, cells, data).length === 0) shown.add(key)
    }
  }
  return shown
}

/**
 * Reads every row of the part from Genesys. Returns the keys of the rows that Genesys does not show
 * as sent.
 */
export const missingOf = async (
  run: DeliveryRun,
  ports: ImportPorts,
  open: OpenPart,
): Promise<Set<string>> => {
  const missing = new Set<string>()
  let some: SentRow[] = []
  const read = async (): Promise<void> => {
    const shown = await shownOf(run, ports, some)
    for (const { key } of some) if (!shown.has(key)) missing.add(key)
    some = []
    await askGoingOn(run)
  }
  for await (const row of rowsOf(run, open)) {
    if (some.push(row) === ROWS_A_READ) await read()
  }
  if (some.length > 0) await read()
  return missing
}

/** Whether the part is small enough to read every row back from Genesys: at most 100,000 rows. */
export const isReadable = ({ rows }: Survey): boolean => rows <= READ_BACK_MOST

const DELIVERED: PartOutcome = { kind: 'delivered', unattributed: 0 }

/**
 * Reads the list's events that are newer than the last event before the import. `any`: whether
 * these events include errors. `verdict`: the verdict for rows that are missing because of these
 * errors.
 */
const errorsSince = async (run: DeliveryRun, ports: ImportPorts, { lastEventAt }: Snapshot) => {
  const events = await callGenesys(run, 'poll', (context) => ports.events(lastEventAt, context))
  const errors = events.filter(({ at, level }) => level === 'error' && at > lastEventAt)
  const full = errors.find(({ rowCode }) => rowCode === 'contact-list-full')
  const first = full ?? errors[0]
  const one = full !== undefined || new Set(errors.map(({ code }) => code)).size === 1
  const code: GenesysRowCode =
    first !== undefined && one && first.rowCode !== 'genesys-refused'
      ? first.rowCode
      : 'genesys-row-not-imported'
  return { any: errors.length > 0, verdict: failedWith(code, one ? (first?.code ?? null) : null) }
}

/**
 * Waits until the list stops growing, because an import may continue after its first rows appear.
 * Returns null if the list still grows after waits of `unmovedMs`, because other clients add
 * contacts all the time, or if Genesys reports no size.
 */
const settledSize = async (run: DeliveryRun, unmovedMs: number): Promise<number | null> => {
  const waitMs = Math.max(1, run.deps.completionPollMs)
  let { size } = await checkList(run)
  // Only the waits between readings count. If the time of the calls counted too, an outage of
  // Genesys could end the loop after the first reading.
  for (let waitedMs = 0; waitedMs < unmovedMs; waitedMs += waitMs) {
    await pause(run, waitMs)
    await askGoingOn(run)
    const { size: now } = await checkList(run)
    if (now === size) return now
    size = now
  }
  return null
}

/**
 * The rows of the sample that Genesys shows after the import. Reads them up to four times, because
 * an index may lag.
 */
const shownAfter = async (
  run: DeliveryRun,
  ports: ImportPorts,
  sample: readonly SentRow[],
): Promise<Set<string>> => {
  for (let read = 1; ; read += 1) {
    const shown = await shownOf(run, ports, sample)
    if (shown.size === sample.length || read >= READS) return shown
    await pause(run, READ_AGAIN_MS)
    await askGoingOn(run)
  }
}

type Looked = {
  open: OpenPart
  survey: Survey
  heldBefore: ReadonlySet<string>
  before: Snapshot
  ended: Ended
  /** How long to wait for the list to stop growing. */
  unmovedMs: number
}

/**
 * By how many contacts the list grew. null (unknown) if the list does not stop growing, or if
 * Genesys reports no size.
 */
const grownBy = async (run: DeliveryRun, { before, unmovedMs }: Looked): Promise<number | null> => {
  const size = await settledSize(run, unmovedMs)
  return size === null || before.size === null ? null : size - before.size
}

/**
 * Whether the list grew by less than the number of the part's new contacts. If the growth is
 * unknown, that may be so, unless the sample has every row. Then a part that is small enough counts
 * as short, so that its rows are read.
 */
const mayBeShort = (survey: Survey, grown: number | null): boolean => {
  const { known, rows, sample } = survey
  if (grown !== null) return grown + known < rows
  return sample.length < rows && isReadable(survey)
}

/**
 * Concludes the outcome of a part from evidence. Returns null if nothing shows that the part was
 * imported. The outcome of its rows is then unknown.
 * - Rows of the sample that Genesys showed before the import (`heldBefore`) prove nothing.
 * - If there is any sign that rows are missing, every row is read, so that each missing row is
 *   named. If a part is too large for that, the growth of the list gives the number of delivered
 *   rows. If this growth is unknown, the part is read despite its size: no other fact gives the
 *   number, and contacts of other clients must not count as delivered rows.
 */
export const outcomeOfImport = async (
  run: DeliveryRun,
  ports: ImportPorts,
  looked: Looked,
): Promise<PartOutcome | null> => {
  const { open, survey, heldBefore, before, ended } = looked
  const grown = await grownBy(run, looked)
  const shown = await shownAfter(run, ports, survey.sample)
  const errors = await errorsSince(run, ports, before)
  const isProven = survey.sample.some(({ key }) => shown.has(key) && !heldBefore.has(key))
  const isProvable = survey.sample.length > heldBefore.size
  // If no row of the sample can prove the import, the proof is a status with as many records as the
  // gateway sent, or a reading of every row.
  const isOver = ended === 'completed' && (!isProvable || errors.any)
  if (!isProven && !isOver) {
    return isProvable ? null : readEvery(run, ports, looked)
  }
  const isWhole = shown.size === survey.sample.length && !errors.any && !mayBeShort(survey, grown)
  if (isWhole && typeof ended !== 'object') return DELIVERED
  if (grown === null || isReadable(survey)) {
    return named(await missingOf(run, ports, open), errors.verdict)
  }
  const arrived = Math.min(survey.rows, Math.max(0, grown))
  return { kind: 'delivered', unattributed: survey.rows - arrived }
}

/**
 * Returns `DELIVERED` if Genesys shows every row, whichever attempt brought the row. Returns null
 * if a row is missing, or if there are too many rows to read.
 */
const readEvery = async (
  run: DeliveryRun,
  ports: ImportPorts,
  { open, survey }: Looked,
): Promise<PartOutcome | null> =>
  isReadable(survey) && (await missingOf(run, ports, open)).size === 0 ? DELIVERED : null

const named = (missing: ReadonlySet<string>, verdict: RowVerdict): PartOutcome => ({
  kind: 'delivered',
  unattributed: 0,
  failed: new Map([...missing].map((key) => [key, verdict])),
})
