import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { DncChunk, NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import type { DncSource } from '../../../domain/do-not-call/dnc-submission.ts'
import { subjectDigest } from '../../../domain/do-not-call/subject.ts'
import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { FileRefused, type IntakeSpec } from '../../../intake/contract.ts'
import { runEntryIntake, type EntryResult } from '../../../intake/entries/entry-intake.ts'
import type { BuildEntrySteps } from '../../../intake/entries/entry-steps.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { DncExports } from '../../ports/do-not-call/dnc-lists.ts'
import type { DncPull, DncPullStore } from '../../ports/do-not-call/pulls.ts'
import type { DncSubmissionStore } from '../../ports/do-not-call/submissions.ts'
import type { CallContext } from '../../ports/genesys/genesys.ts'
import { startHeartbeat } from '../../uploads/receive/heartbeat.ts'
import {
  asExported,
  asSentAgain,
  EXPORT_FIELDS,
  judgeExported,
  PULLED_COLUMNS,
  withOurHeader,
} from './exported-entries.ts'

export type PullDeps = {
  pulls: DncPullStore
  exports: DncExports
  submissions: Pick<DncSubmissionStore, 'readChunk'>
  steps: BuildEntrySteps
  intake: Pick<IntakeSpec, 'maxBytes' | 'maxRows' | 'maxRecordBytes' | 'digestKey'>
  clock: Clock
  ids: Ids
  emit: Emit
  owner: string
  /** DNC_PULL_HOURS in milliseconds. null: a list is pulled only when a caller requests it. */
  periodMs: number | null
}

const HEARTBEAT_MS = 10_000
/** The wait between checks for the export. Large lists take tens of minutes. */
const LOOK_MS = { first: 500, most: 30_000 }
const EXPORT_WITHIN_MS = 2 * 3_600_000
const AGAIN_MS = 10 * 60_000
const CALL_WITHIN_MS = 60_000

/**
 * Starts an export and returns the URI of its result. An earlier export is not used, because it may
 * be older than the last removal.
 */
const newExport = async (
  { exports, clock }: PullDeps,
  dncListId: string,
  context: CallContext,
): Promise<string> => {
  const before = await exports.latest(dncListId, context)
  await exports.start(dncListId, context)
  const endMs = clock.monotonicMs() + EXPORT_WITHIN_MS
  let waitMs = LOOK_MS.first
  while (clock.monotonicMs() < endMs) {
    await clock.sleep(waitMs, context.signal)
    const found = await exports.latest(dncListId, context)
    if (found !== null && found.exportedAt !== before?.exportedAt) return found.uri
    waitMs = Math.min(LOOK_MS.most, waitMs * 2)
  }
  throw new GenesysFailure('unavailable', 'export-dnc-list')
}

/** The entries of a chunk at `places`, in that order. */
const partOf = (chunk: DncChunk, places: readonly number[], digestKey: Buffer): NewDncChunk => {
  const entries = places.map((place) => chunk.entries[place]!)
  return {
    ...chunk,
    entries,
    subjects: Buffer.concat(entries.map(({ subject }) => subjectDigest(digestKey, subject))),
  }
}

const NOTHING_READ: EntryResult = {
  counts: { read: 0, rejected: 0, blank: 0 },
  rejections: {},
  notes: [],
  columns: [],
  chunks: 0,
  source: {
    fileName: null,
    format: 'csv',
    bytes: 0,
    sha256: '',
    delimiter: ',',
  } satisfies DncSource,
}

/** Reads the export, and adds the people whom the gateway does not know yet, a chunk at a time. */
const readExport = async (
  deps: PullDeps,
  pull: DncPull,
  body: AsyncIterable<Uint8Array>,
  assertAlive: () => void,
): Promise<{ read: EntryResult; added: number }> => {
  const { pulls, intake } = deps
  let added = 0
  const judge = judgeExported(deps.steps({ options: {}, now: deps.clock.now() }))
  const about = { format: 'csv' as const, fileName: null, options: {}, fields: EXPORT_FIELDS }
  const take = async (chunk: NewDncChunk): Promise<void> => {
    assertAlive()
    const places = chunk.entries.length === 0 ? [] : await pulls.sift(pull, chunk.subjects)
    if (places.length === 0 && chunk.rejected.length === 0) return
    added += await pulls.add(pull, partOf(asExported(chunk), places, intake.digestKey), null)
  }
  try {
    const read = await runEntryIntake(withOurHeader(body), { ...intake, ...about, judge }, take)
    return { read, added }
  } catch (error) {
    if (error instanceof FileRefused && error.code === 'dnc-no-entries') {
      return { read: NOTHING_READ, added }
    }
    throw error
  }
}

/**
 * Has the entries sent again that Genesys no longer has, because removing an entry in Genesys does
 * not end a suppression. Entries of the pull's tenant are added to the pull's submission.
 * `ofOthers`: how many entries belong to other tenants.
 */
const addMissing = async (
  { pulls, submissions, intake, ids }: PullDeps,
  pull: DncPull,
  assertAlive: () => void,
): Promise<{ added: number; ofOthers: number }> => {
  let [added, ofOthers] = [0, 0]
  let after = { submission: '0', seq: -1 }
  for (;;) {
    const page = await pulls.missing(pull, after)
    for (const missing of page) {
      assertAlive()
      const { submissionId, submission, seq, places } = missing
      if (missing.own) {
        const chunk = await submissions.readChunk(submissionId, seq)
        const part = partOf(asSentAgain(chunk), places, intake.digestKey)
        added += await pulls.add(pull, part, missing)
      } else {
        await pulls.sendAgain(pull, missing, ids.newUuid())
        ofOthers += places.length
      }
      after = { submission, seq }
    }
    if (page.length === 0) return { added, ofOthers }
  }
}

const notesOf = (missing: number): string[] =>
  missing === 0 ? [] : [`${missing} entries were missing in Genesys. The gateway sends them again.`]

const pullOne = async (deps: PullDeps, pull: DncPull, signal: AbortSignal): Promise<void> => {
  const { pulls, clock, ids } = deps
  const startedMs = clock.monotonicMs()
  const { dncListId, tenantId, submissionId } = pull
  const heart = startHeartbeat(clock, HEARTBEAT_MS, () => pulls.renew(pull))
  const context = { tenantId, class: 'read', signal, retryForMs: CALL_WITHIN_MS } as const
  try {
    const uri = await newExport(deps, dncListId, context)
    await pulls.dropRejected(pull)
    const exported = await deps.exports.download(uri, context, (body) =>
      readExport(deps, pull, body, heart.assertAlive),
    )
    const { added: missing, ofOthers } = await addMissing(deps, pull, heart.assertAlive)
    heart.assertAlive()
    const { counts, rejections, source } = exported.read
    const about = { added: exported.added, missing }
    await pulls.finish(
      pull,
      { read: counts.read, rejected: counts.rejected, blank: counts.blank },
      {
        ...{ rejections, source, notes: notesOf(missing), nextInMs: deps.periodMs },
        columns: [...PULLED_COLUMNS],
        audit: createAuditEntry(ids, byGateway(pull), {
          ...{ action: 'dnc.pulled', object: submissionId, digest: source.sha256 || null },
          counts: { read: counts.read, ...about },
        }),
      },
    )
    const durationMs = Math.round(clock.monotonicMs() - startedMs)
    deps.emit('dnc.pulled', {
      ...{ submissionId, dncListId, read: counts.read, durationMs },
      ...{ ...about, missing: missing + ofOthers },
    })
  } finally {
    await heart.stop()
  }
}

const failureOf = (error: unknown): string => {
  if (error instanceof GenesysFailure) return error.kind
  return error instanceof FileRefused ? error.code : 'gateway'
}

const REFUSALS: ReadonlySet<GenesysFailure['kind']> = new Set(['forbidden', 'not_found', 'refused'])

/**
 * Whether Genesys refuses the list itself. A refused download does not count, because its URL may
 * have expired, and the next try gets a new URL.
 */
const isListRefused = ({ kind, operation }: GenesysFailure): boolean =>
  operation === 'export-dnc-list' && REFUSALS.has(kind)

const giveUp = async (
  { pulls, ids, emit }: PullDeps,
  pull: DncPull,
  error: unknown,
): Promise<void> => {
  const { submissionId, tenantId, dncListId } = pull
  emit('dnc.pull_failed', { submissionId, dncListId, failure: failureOf(error) })
  if (!(error instanceof GenesysFailure)) return pulls.giveUp(pull, AGAIN_MS, null)
  const isRefused = isListRefused(error)
  const reason = isRefused ? 'dnc_list_refused' : 'genesys_unavailable'
  const audit = createAuditEntry(ids, byGateway(pull), {
    ...{ action: 'dnc.held', details: { reason }, object: submissionId, outcome: 'failed' },
  })
  await pulls.giveUp(pull, isRefused ? null : AGAIN_MS, { reason, audit })
  emit('dnc.held', { submissionId, tenantId, dncListId, reason })
}

/**
 * Pulls the list that is due first. Returns false if none is due or the process stops. A pull that
 * fails is tried again later, from its beginning. If Genesys refuses the list, the pull waits until
 * a person resumes its submission or the next period begins.
 */
export const createPullNext =
  (deps: PullDeps) =>
  async (signal: AbortSignal): Promise<boolean> => {
    const { pulls, ids, owner } = deps
    if (deps.periodMs !== null) await pulls.plan(deps.periodMs)
    const pull = await pulls.claim(owner, { id: ids.newId('dns'), requestId: ids.newId('req') })
    if (pull === null) return false
    try {
      await pullOne(deps, pull, signal)
    } catch (error) {
      if (signal.aborted) {
        await pulls.giveUp(pull, 0, null)
        return false
      }
      await giveUp(deps, pull, error)
      if (!(error instanceof GenesysFailure) && !(error instanceof FileRefused)) throw error
    }
    return true
  }
