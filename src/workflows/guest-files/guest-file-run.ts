import {
  type AuditSaid,
  auditId,
  type PlainAction,
  saidOf,
} from '../../domain/audit/audit-details.ts'
import { byGateway, createAuditEntry, type AuditEntry } from '../../domain/audit/audit.ts'
import type { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import {
  isBad,
  type GuestFile,
  type GuestFileProgress,
} from '../../domain/guest-files/guest-file.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Lease } from '../ports/delivery/lease.ts'
import type { CallContext } from '../ports/genesys/genesys.ts'
import type {
  FileSaid,
  GuestFileClaim,
  GuestFilePort,
  GuestFileStep,
  GuestFileStore,
  UploadPlace,
} from '../ports/guest-files/guest-files.ts'
import type { Scanner } from '../ports/guest-files/scanner.ts'

export type SendDeps = {
  files: Pick<GuestFileStore, 'step' | 'pieces'>
  genesys: GuestFilePort
  /** null if no scanner is configured. */
  scanner: Scanner | null
  clock: Clock
  ids: Ids
  emit: Emit
  /** The wait between two checks while Genesys does not answer. */
  holdRetryMs: number
}

/** One file in progress. `file` is the copy after the last step. */
export type FileRun = {
  deps: SendDeps
  claim: GuestFileClaim
  file: GuestFile
  place: UploadPlace | null
  lease: Pick<Lease, 'signal' | 'assertHeld'>
}

/**
 * What happens next. A number: check again after that many milliseconds. null: there is nothing
 * more to do for now. `go on`: continue immediately.
 */
export type Next = number | null | 'go on'

/** How many URLs the gateway requests for one file before it holds or ends the file. */
const URLS_AT_ONCE = 3
/** How long one call is retried. After that, the file is held and the call is tried again later. */
const RETRY_FOR_MS = 20_000
/** How long the gateway waits for a result before it gives up: a day [contracts: 3]. */
const PATIENCE_MS = 24 * 60 * 60 * 1000
const FIRST_LOOK_MS = 1_000
const LONGEST_LOOK_MS = 15 * 60_000

/**
 * For a call about this file. No try is sent after the lease is lost. Give `retryForMs` 0 for a
 * call that must not be repeated. Default: 20 s.
 */
export const contextOf = (run: FileRun, retryForMs = RETRY_FOR_MS): CallContext => ({
  tenantId: run.file.tenantId,
  class: 'delivery',
  signal: run.lease.signal,
  retryForMs,
  beforeSend: () => run.lease.assertHeld(),
})

/** Stores the change, then updates `run`. Throws as `GuestFileStore.step` does. */
export const step = async (run: FileRun, change: GuestFileStep): Promise<void> => {
  run.file = await run.deps.files.step(run.claim, change)
  if (change.place !== undefined) run.place = change.place
}

/** The whole progress with these changes, because a step replaces the whole progress. */
export const progressed = (
  run: FileRun,
  change: Partial<GuestFileProgress>,
): GuestFileProgress => ({ ...run.file.progress, ...change })

/** An audit entry with the SHA-256 of the file. Stores nothing: pass the entry to `step`. */
export const audited = (
  run: FileRun,
  said: PlainAction | AuditSaid,
  about: Partial<Pick<AuditEntry, 'outcome' | 'attempt' | 'latencyMs' | 'counts'>> = {},
): AuditEntry =>
  createAuditEntry(run.deps.ids, byGateway(run.file), {
    ...saidOf(said),
    object: run.file.id,
    digest: run.file.sha256,
    ...about,
  })

const FAILED = { outcome: 'failed' } as const

/** The action of an audit entry, with the id and the verdict that Genesys reports for the file. */
export const atGenesys = (
  action: 'guest_file.registered' | 'guest_file.stored' | 'guest_file.verdict',
  { fileId, virusScan }: GuestFile['genesys'],
): AuditSaid => ({ action, details: { fileId: auditId(fileId), virusScan } })

const waitAfter = (looks: number): number =>
  Math.min(FIRST_LOOK_MS * 2 ** Math.min(looks, 12), LONGEST_LOOK_MS)

/**
 * Records one more check and returns the wait until the next check. The wait doubles each time, up
 * to 15 minutes. If the waits come to more than a day, records nothing and returns null. A clock
 * would also count its jumps, and time in which no gateway ran.
 */
export const waitOn = async (run: FileRun, change: GuestFileStep = {}): Promise<number | null> => {
  const { looks } = run.file.progress
  const waitedMs = Array.from({ length: looks }, (_, at) => waitAfter(at))
  if (waitedMs.reduce((sum, ms) => sum + ms, 0) > PATIENCE_MS) return null
  await step(run, { ...change, progress: progressed(run, { looks: looks + 1 }) })
  return waitAfter(looks)
}

/** The progress with the wait reset, for use in the next step. */
export const waited = (run: FileRun, change: Partial<GuestFileProgress> = {}): GuestFileProgress =>
  progressed(run, { looks: 0, ...change })

/**
 * In one step, ends the file, deletes its bytes and sends `guest_file.rejected` (for every
 * `state`). The step stores `change` too. Returns null, because no step follows.
 */
export const end = async (
  run: FileRun,
  state: 'rejected' | 'failed' | 'quarantined',
  code: ProblemCode,
  detail: string,
  change: GuestFileStep = {},
): Promise<null> => {
  await step(run, {
    ...change,
    state,
    hold: null,
    problem: { code, detail },
    shred: true,
    tell: 'guest_file.rejected',
    audit: [
      ...(change.audit ?? []),
      audited(run, { action: 'guest_file.ended', details: { state, code } }, FAILED),
    ],
  })
  emitEnd(run)
  return null
}

const emitEnd = ({ deps, file }: FileRun): void => {
  const { id, tenantId, state, problem, latencyMs } = file
  deps.emit('guest_file.ended', {
    ...{ guestFileId: id, tenantId, state },
    code: problem?.code ?? 'none',
    latencyMs,
  })
}

/**
 * Stores that Genesys has the file, or quarantines the file if Genesys' scan already found malware
 * or failed. Returns the milliseconds until the next check of the verdict. null: there is no
 * verdict to wait for.
 */
export const confirmed = async (run: FileRun, said: FileSaid): Promise<number | null> => {
  const virusScan = said.virusScan ?? 'pending'
  const genesys = { fileId: said.fileId, status: said.status, virusScan }
  if (isBad(virusScan)) return quarantine(run, genesys)
  await step(run, {
    state: 'stored',
    hold: null,
    problem: null,
    genesys,
    progress: waited(run),
    ...{ stored: true, shred: true, tell: 'guest_file.stored' },
    audit: [
      audited(run, atGenesys('guest_file.stored', genesys), { latencyMs: run.file.latencyMs }),
    ],
  })
  emitEnd(run)
  // For media of messages, Genesys says only whether they are valid. No scan follows.
  return virusScan === 'pending' && run.deps.genesys.judge === undefined ? FIRST_LOOK_MS : null
}

/** Ends the file, because Genesys' own scan found malware or failed. */
export const quarantine = (run: FileRun, genesys: GuestFile['genesys']): Promise<null> => {
  const failed = genesys?.virusScan === 'failed'
  const detail = `Genesys’ own scan ${failed ? 'of the file failed' : 'found malware in the file'}.`
  return end(run, 'quarantined', 'guest-file-quarantined', detail, { genesys })
}

/**
 * Ends the file, because Genesys refuses files for this person or conversation, or files from the
 * gateway's OAuth client.
 */
const targetRefused = (run: FileRun, { kind, right }: GenesysFailure): Promise<null> => {
  const missing = right === null ? '' : ` The OAuth client probably lacks the right ${right}.`
  if (run.file.target.kind === 'external_contact') {
    const detail = `Genesys refuses files for this external contact (${kind.replace('_', ' ')}).${missing}`
    return end(run, 'failed', 'external-contact-refused', detail)
  }
  if (kind === 'not_found') {
    const detail =
      'Genesys does not know the conversation or communication, or the conversation has ended.'
    return end(run, 'failed', 'conversation-refused', detail)
  }
  const detail = `Genesys does not accept message media from the OAuth client of the gateway. It may require the token of a user who takes part in the conversation.${missing}`
  return end(run, 'failed', 'media-needs-user-token', detail)
}

/** The effect of a failed call on the file: a hold, or its end. */
export const afterFailure = async (
  run: FileRun,
  failure: GenesysFailure,
): Promise<number | null> => {
  if (failure.retry === 'later' || failure.kind === 'unauthorized') return hold(run, failure)
  if (failure.kind === 'forbidden' || failure.kind === 'not_found')
    return targetRefused(run, failure)
  const code = failure.upstreamCode === null ? '' : ` (${failure.upstreamCode})`
  if (failure.kind === 'too_large') {
    const detail = `Genesys refused the file because of its size${code}.`
    return end(run, 'rejected', 'file-too-large-for-genesys', detail)
  }
  return end(run, 'failed', 'file-refused-by-genesys', `Genesys refused the file${code}.`)
}

/**
 * Holds the file, because Genesys does not answer or refuses the gateway. Reports the hold once.
 * Returns the milliseconds until the next check.
 */
export const hold = async (run: FileRun, failure: GenesysFailure): Promise<number> => {
  const { state, hold: held, progress, id, tenantId } = run.file
  const resume =
    state === 'confirming' ? 'confirming' : state === 'uploading' ? 'uploading' : progress.resume
  if (held === null) {
    await step(run, {
      state: 'held',
      hold: { reason: 'genesys_unavailable' },
      problem: {
        code: 'guest-file-held-genesys-unavailable',
        detail: 'Genesys does not answer, or refuses the credentials of the gateway.',
      },
      progress: progressed(run, { resume }),
      audit: [
        audited(
          run,
          { action: 'guest_file.held', details: { reason: 'genesys_unavailable' } },
          FAILED,
        ),
      ],
    })
    run.deps.emit('guest_file.held', { guestFileId: id, tenantId, failure: failure.kind })
  }
  return Math.max(run.deps.holdRetryMs, failure.retryAfterMs ?? 0)
}

/**
 * Makes the next step request a new URL. `reason`: the storage does not have the right bytes at the
 * current URL (`corrupt`), or does not accept bytes there (`refused`). After three URLs the file is
 * held or ends.
 */
export const renewUrl = async (
  run: FileRun,
  reason: 'corrupt' | 'refused',
  failure: GenesysFailure | null,
): Promise<Next> => {
  const { id: guestFileId, progress } = run.file
  run.deps.emit('guest_file.url_renewed', { guestFileId, reason, urls: progress.urls })
  await step(run, {
    place: null,
    ...(run.file.state === 'confirming' ? { state: 'uploading' as const } : {}),
    progress: progressed(run, { renew: true, resume: 'uploading' }),
    audit: [
      audited(
        run,
        { action: 'guest_file.url_refused', details: { reason } },
        { ...FAILED, attempt: progress.urls },
      ),
    ],
  })
  if (progress.urls % URLS_AT_ONCE !== 0) return 'go on'
  if (failure === null) {
    const detail =
      'The gateway sent the file three times. Each time, the bytes that the storage of Genesys received differed from the sent bytes.'
    return end(run, 'failed', 'file-transfer-corrupt', detail)
  }
  if (failure.kind === 'forbidden') return hold(run, failure)
  const detail = `The storage of Genesys refused the file three times (status ${failure.status ?? 0}).`
  return end(run, 'failed', 'file-refused-by-genesys', detail)
}
