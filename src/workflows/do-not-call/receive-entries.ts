import { hasScope, type Caller } from '../../domain/access/access.ts'
import type { PlainAction } from '../../domain/audit/audit-details.ts'
import { byCaller, createAuditEntry, type AuditEntry } from '../../domain/audit/audit.ts'
import { ENTRY_FIELDS, REMOVAL_FIELDS } from '../../domain/do-not-call/dnc-entry.ts'
import type { DncOptions } from '../../domain/do-not-call/dnc-options.ts'
import type { DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { FileRefused, type IntakeSpec } from '../../intake/contract.ts'
import {
  runEntryIntake,
  type EntryResult,
  type EntrySpec,
} from '../../intake/entries/entry-intake.ts'
import type { BuildEntrySteps } from '../../intake/entries/entry-steps.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { UploadAnswer } from '../contract.ts'
import type { TenantStore } from '../ports/access/tenants.ts'
import type { AppendedEntries, DncSubmissionStore } from '../ports/do-not-call/submissions.ts'
import { answerOnce, type AnswerOnceDeps } from '../uploads/receive/answer-once.ts'
import { lostAs } from '../uploads/receive/given-up.ts'
import { keepReceiving } from '../uploads/receive/heartbeat.ts'
import type { ClaimScope } from '../uploads/receive/idempotency-claim.ts'
import { hashBody } from '../uploads/receive/request-fingerprint.ts'
import type { SUBMIT_ENTRIES_REFUSALS } from './refusals.ts'
import { sparingRegulatory } from './spare-regulatory.ts'
import { collectNamedLists, noteOfUnknown, type UnknownLists } from './unknown-lists.ts'

export type EntriesRequest = {
  caller: Caller
  kind: 'add' | 'remove'
  dncListId: string
  options: DncOptions
  format: EntrySpec['format']
  fileName: string | null
  body: AsyncIterable<Uint8Array>
  steps: BuildEntrySteps
  idempotencyKey: string
  method: string
  path: string
}

export type ReceiveEntriesDeps = AnswerOnceDeps & {
  submissions: DncSubmissionStore
  tenants: Pick<TenantStore, 'find'>
  intake: Pick<IntakeSpec, 'maxBytes' | 'maxRows' | 'maxRecordBytes' | 'digestKey'>
  /**
   * Renders the submission as callers see it. The result is stored with the idempotency key and
   * replayed.
   */
  renderSubmission: (submission: DncSubmission) => object
  emit: Emit
  /**
   * Finds the contact lists that entries name but that Genesys does not have. If left out, no list
   * is checked.
   */
  unknownLists?: UnknownLists
  /** Called when the lane of a DNC list has work. */
  wake?: () => void
}

export type ReceiveEntries = Refusing<
  (typeof SUBMIT_ENTRIES_REFUSALS)[number],
  (request: EntriesRequest) => Promise<UploadAnswer>
>

/**
 * Throws 403 if a call with `override` has a key without the scope `dnc:override`. The scope is
 * needed because such a call weakens suppressions that are in force.
 */
const checkOverride = ({ caller, options }: EntriesRequest): void => {
  const scope = 'dnc:override'
  if (options.override !== true || hasScope(caller.scopes, scope)) return
  const detail = `With override=true, the key needs the scope ${scope}.`
  throw new GatewayProblem('scope-missing', detail, { scope })
}

/**
 * Accepts a submission of do-not-call entries or of removals. Validates and stores them while they
 * stream in, and answers 202 when all of them are durable. From then on, all entries of an addition
 * suppress the people that they name, even quarantined entries. If the call fails before the 202,
 * its entries are discarded and its Idempotency-Key is free again.
 */
export const createReceiveEntries =
  (deps: ReceiveEntriesDeps): ReceiveEntries =>
  async (request) => {
    checkOverride(request)
    const { method, path, idempotencyKey: key, body, dncListId: objectId } = request
    const { tenantId, keyId } = request.caller
    const call = {
      ...{ tenantId, method, path, key, right: { keyId, kind: 'dnc_list', objectId } as const },
      fingerprint: async () => fingerprintOf(request, await hashBody(body, deps.intake.maxBytes)),
      reused: 'This Idempotency-Key was used with different entries or different options.',
    }
    return answerOnce(deps, call, (scope) =>
      receive(deps, request, scope).catch((error: unknown) => {
        throw translated(error)
      }),
    )
  }

const fingerprintOf = (
  { options, dncListId, format }: EntriesRequest,
  fileSha256: string,
): string => sha256Hex(canonicalJson({ options, dncListId, format, file: fileSha256 }))

const translated = (error: unknown): unknown => {
  if (error instanceof FileRefused) {
    return new GatewayProblem(error.code, error.message, error.about)
  }
  const detail =
    'While the gateway was receiving the submission, the database did not answer in time. The gateway dropped the submission.'
  return lostAs(error, detail)
}

/**
 * Stores a chunk while the next one is read. At most one insert runs at a time. If an insert fails,
 * the next call throws the failure.
 */
const createAppender = (append: () => (chunk: Chunk) => Promise<AppendedEntries>) => {
  const sums: AppendedEntries = { accepted: 0, quarantined: 0, duplicates: 0 }
  let underWay: Promise<void> = Promise.resolve()
  const store = async (chunk: Chunk): Promise<void> => {
    const appended = await append()(chunk)
    sums.accepted += appended.accepted
    sums.quarantined += appended.quarantined
    sums.duplicates += appended.duplicates
  }
  return {
    sums,
    write: async (chunk: Chunk): Promise<void> => {
      await underWay
      underWay = store(chunk)
      // Only silences a rejection that nobody handles yet. The code that awaits the insert throws
      // the failure.
      underWay.catch(() => undefined)
    },
    flush: () => underWay,
    settled: async () => {
      await underWay.catch(() => undefined)
    },
  }
}
type Chunk = Parameters<DncSubmissionStore['append']>[1]

const grantedLists = async (
  { tenants }: ReceiveEntriesDeps,
  tenantId: string,
): Promise<'*' | readonly string[]> => (await tenants.find(tenantId))?.grants.contactLists ?? []

const receive = async (
  deps: ReceiveEntriesDeps,
  request: EntriesRequest,
  scope: ClaimScope,
): Promise<UploadAnswer> => {
  const { submissions, clock } = deps
  const { caller, dncListId, options } = request
  const startedMs = clock.monotonicMs()
  const id = deps.ids.newId('dns')
  const { tenantId, requestId } = caller
  const { kind, format, fileName } = request
  const judge = request.steps({
    ...{ kind, options, now: clock.now() },
    // A removal may name lists for which the tenant no longer has a grant.
    granted: kind === 'add' ? await grantedLists(deps, tenantId) : '*',
  })
  const fields = kind === 'remove' ? REMOVAL_FIELDS : ENTRY_FIELDS
  const spec: EntrySpec = { ...deps.intake, format, fileName, options, judge, fields }
  const overrides = options.override === true
  const sparing = sparingRegulatory(submissions, { tenantId, dncListId })
  const spares = kind === 'remove' && !overrides
  const appender = createAppender(
    () => async (chunk) => submissions.append(id, spares ? await sparing.spare(chunk) : chunk),
  )
  const heartbeat = keepReceiving(deps, scope, () => submissions.touch(id))
  const named = collectNamedLists()
  try {
    const about = { id, tenantId, dncListId, kind, overrides }
    await submissions.begin({ ...about, actor: caller.keyId, requestId, owner: deps.owner })
    const read = await runEntryIntake(request.body, spec, async (chunk) => {
      heartbeat.assertAlive()
      if (kind === 'add') named.look(chunk)
      await appender.write(chunk)
    })
    await appender.flush()
    const unknown = (await deps.unknownLists?.(tenantId, named.lists())) ?? []
    const notes = [...read.notes, ...noteOfUnknown(unknown)]
    heartbeat.assertAlive()
    const result = withRejected(read, 'override-needed', sparing.rejected())
    const sums = appender.sums
    const accepted = await accept(deps, request, { id, scope, result, sums, notes })
    await heartbeat.stop()
    deps.wake?.()
    tell(deps, request, accepted.submission, clock.monotonicMs() - startedMs)
    const { status, body, location } = accepted.answer
    return { status, body, location, replayed: false }
  } catch (error) {
    await heartbeat.stop()
    await appender.settled()
    // If the discard fails too, the sweep discards the submission 60 s after its last sign of life.
    await submissions.discard(id).catch(() => undefined)
    throw error
  }
}

/**
 * The audit entry of the acceptance. If the submission ends earlier entries, this audit entry
 * records only the intent. One more audit entry follows for each chunk of ended entries.
 */
const intentOf = ({
  kind,
  options,
}: EntriesRequest): {
  action: PlainAction
  outcome: AuditEntry['outcome']
} => {
  if (kind === 'remove') return { action: 'dnc.removed', outcome: 'intended' }
  if (options.override === true) return { action: 'dnc.overridden', outcome: 'intended' }
  return { action: 'dnc.accepted', outcome: 'ok' }
}

const withRejected = (result: EntryResult, code: string, rows: number): EntryResult =>
  rows === 0
    ? result
    : {
        ...result,
        counts: { ...result.counts, rejected: result.counts.rejected + rows },
        rejections: { ...result.rejections, [code]: rows },
      }

const accept = (
  deps: ReceiveEntriesDeps,
  request: EntriesRequest,
  about: {
    id: string
    scope: ClaimScope
    result: EntryResult
    sums: AppendedEntries
    notes: readonly string[]
  },
) => {
  const { id, scope, result, sums, notes } = about
  const { rejections, source, columns, chunks } = result
  const fingerprint = fingerprintOf(request, source.sha256)
  const counts = { ...result.counts, ...sums }
  return deps.submissions.accept({
    ...{
      id,
      tenantId: request.caller.tenantId,
      rejections,
      source,
      columns,
      chunks,
      counts,
      notes,
      scope,
    },
    audit: createAuditEntry(deps.ids, byCaller(request.caller), {
      ...intentOf(request),
      object: id,
      counts,
      digest: source.sha256,
    }),
    answerOf: (submission) => ({
      fingerprint,
      status: 202,
      body: JSON.stringify(deps.renderSubmission(submission)),
      location: `/v1/dnc-submissions/${id}`,
    }),
  })
}

const tell = (
  deps: ReceiveEntriesDeps,
  { caller, kind }: EntriesRequest,
  { id, dncListId, counts, source, rejections }: DncSubmission,
  durationMs: number,
): void => {
  const { read, accepted, rejected, quarantined, duplicates, blank } = counts
  deps.emit('dnc.accepted', {
    submissionId: id,
    tenantId: caller.tenantId,
    dncListId,
    kind,
    requestId: caller.requestId,
    ...{ read, accepted, rejected, quarantined, duplicates, blank, rejections },
    bytes: source.bytes,
    durationMs: Math.round(durationMs),
  })
}
