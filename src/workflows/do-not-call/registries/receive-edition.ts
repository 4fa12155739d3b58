import type { Caller } from '../../../domain/access/access.ts'
import { auditId } from '../../../domain/audit/audit-details.ts'
import { byCaller, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { EditionOptions } from '../../../domain/do-not-call/registries/edition-options.ts'
import type { Edition, Registry } from '../../../domain/do-not-call/registries/registry.ts'
import { GatewayProblem, type ProblemCode } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import { FileRefused } from '../../../intake/contract.ts'
import { RegistryFileRefused } from '../../../intake/registries/number-lines.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { UploadAnswer } from '../../contract.ts'
import type {
  EditionFault,
  EditionHold,
  ReceivedEdition,
  RegistryStore,
} from '../../ports/do-not-call/registries/registries.ts'
import { answerOnce, type AnswerOnceDeps } from '../../uploads/receive/answer-once.ts'
import { lostAs } from '../../uploads/receive/given-up.ts'
import { keepReceiving } from '../../uploads/receive/heartbeat.ts'
import { type ClaimScope, inProgress } from '../../uploads/receive/idempotency-claim.ts'
import { hashBody } from '../../uploads/receive/request-fingerprint.ts'
import { type LoadInto, loadNumbers } from './load-numbers.ts'
import { type LoadingState, readLoadingState, writeLoadingState } from './loading-state.ts'
import type { RECEIVE_EDITION_REFUSALS } from './refusals.ts'

export type EditionRequest = {
  caller: Caller
  registry: string
  options: EditionOptions
  body: AsyncIterable<Uint8Array>
  idempotencyKey: string
  path: string
}

export type ReceiveEditionDeps = AnswerOnceDeps & {
  registries: RegistryStore
  renderEdition: (edition: Edition) => object
  emit: Emit
  /** See `LoadInto`. */
  numbersAtOnce?: number
  /** Called when an edition is ready to be brought into force. */
  wake: () => void
}

export type ReceiveEdition = Refusing<
  (typeof RECEIVE_EDITION_REFUSALS)[number],
  (request: EditionRequest) => Promise<UploadAnswer>
>

/** How far the clock of the caller may be ahead of the gateway's. */
const MOST_AHEAD_MS = 5 * 60_000

/**
 * Refuses a date in the future. Such an edition would count as fresh for too long, and no edition
 * with an earlier date could come into force.
 */
const checkAsOf = (asOf: string, now: Date): void => {
  if (Date.parse(asOf) - now.getTime() <= MOST_AHEAD_MS) return
  const detail = '`asOf` is in the future. Send the time at which the data in the file was current.'
  throw new GatewayProblem('option-invalid', detail, { options: ['asOf'] })
}

const FAULTS: Record<EditionFault['kind'], { code: ProblemCode; detail: string }> = {
  older: {
    code: 'edition-older',
    detail: 'The edition in force is newer than this file, or a newer edition is being loaded.',
  },
  duplicate: {
    code: 'edition-exists',
    detail:
      'This file was already received. If the registry has the same numbers again, state their time with `asOf`.',
  },
  loading: {
    code: 'edition-loading',
    detail: 'Another edition is being loaded. Send the changes again when it is in force.',
  },
  base_missing: {
    code: 'edition-base-missing',
    detail: 'The edition that you want to change is not in force.',
  },
  shrinks: {
    code: 'edition-shrinks',
    detail: 'The file has far fewer numbers than the edition in force, or one being loaded.',
  },
}

const problemOf = ({ kind, editionId }: EditionFault): GatewayProblem =>
  new GatewayProblem(
    FAULTS[kind].code,
    FAULTS[kind].detail,
    editionId === null ? {} : { editionId },
  )

const translated = (error: unknown): unknown => {
  if (error instanceof RegistryFileRefused) {
    return new GatewayProblem(error.code, error.message, { line: error.line })
  }
  if (error instanceof FileRefused) {
    return new GatewayProblem(error.code, error.message, error.about)
  }
  return lostAs(
    error,
    'While the gateway was receiving the edition, the database did not answer in time. The gateway dropped the edition.',
  )
}

/**
 * The parts of a call that stay the same if another call continues the file: the registry, and all
 * options but `offset`.
 */
const askedOf = ({ registry, options }: EditionRequest) => ({
  registry,
  options: Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'offset')),
})

const fingerprintOf = (request: EditionRequest, fileSha256: string): string =>
  sha256Hex(canonicalJson({ ...askedOf(request), file: fileSha256 }))

const callDigestOf = (request: EditionRequest): string => {
  const { caller, path, idempotencyKey: key } = request
  return sha256Hex(canonicalJson({ tenantId: caller.tenantId, path, key, ...askedOf(request) }))
}

const offsetDiffers = (offset: number): GatewayProblem => {
  const detail =
    offset === 0
      ? 'The gateway has saved nothing of this file. Send the whole file, without `offset`.'
      : `The gateway has saved the first ${offset} bytes of the file. Send the rest with \`offset=${offset}\`.`
  return new GatewayProblem('edition-offset-differs', detail, { offset })
}

/**
 * Accepts an edition of a registry. Reads, sorts, seals and stores its numbers while they stream
 * in, and answers 202 when all are durable. After that, the gateway brings the edition into force
 * by itself. If the body is incomplete or the call is interrupted, the saved part of a plain file
 * stays. Another call can then send the rest. If the gateway refuses the file, it discards the
 * edition.
 */
export const createReceiveEdition =
  (deps: ReceiveEditionDeps): ReceiveEdition =>
  async (request) => {
    const { caller, idempotencyKey: key, path, body } = request
    const registry = await deps.registries.find(request.registry)
    if (registry === null) throw new GatewayProblem('not-found', 'The registry does not exist.')
    const call = {
      ...{ tenantId: caller.tenantId, method: 'POST', path, key },
      fingerprint: async () => {
        // This call sent only the rest of a file. The rest does not show whether the whole file is
        // the same as before.
        if (request.options.offset > 0) throw offsetDiffers(0)
        return fingerprintOf(request, await hashBody(body, Number.MAX_SAFE_INTEGER))
      },
      reused: 'This Idempotency-Key was used with a different file or different options.',
    }
    return answerOnce(deps, call, (scope) =>
      receive(deps, request, registry, scope).catch((error: unknown) => {
        throw translated(error)
      }),
    )
  }

type Begun = { hold: EditionHold; from: LoadingState | null }

const begin = async (
  { registries, clock, ids, owner }: ReceiveEditionDeps,
  request: EditionRequest,
  registry: Registry,
): Promise<Begun> => {
  const { change, base: baseId = null, subscription = null } = request.options
  const { tenantId, requestId } = request.caller
  const asOf = request.options.asOf ?? clock.now().toISOString()
  checkAsOf(asOf, clock.now())
  const about = { registry: registry.name, change, baseId, asOf }
  const fault = await registries.faultOf(about)
  if (fault !== null) throw problemOf(fault)
  const callDigest = callDigestOf(request)
  const edition = { id: ids.newId('rge'), ...about, subscription, callDigest }
  return { hold: await registries.begin({ ...edition, tenantId, requestId, owner }), from: null }
}

const resume = async (
  { registries, owner }: ReceiveEditionDeps,
  request: EditionRequest,
  registry: Registry,
): Promise<Begun> => {
  const result = await registries.resume({
    ...{ callDigest: callDigestOf(request), registry: registry.name, owner },
    offset: request.options.offset,
  })
  if (result.kind === 'offset_differs') throw offsetDiffers(result.offset)
  const { hold } = result
  const from = readLoadingState(result.state)
  if (from === null) {
    await registries.discard(hold)
    throw offsetDiffers(0)
  }
  const { run, page, lastPrefix } = from.runs
  try {
    await registries.forgetBeyond(hold, run, page?.first ?? (lastPrefix ?? -1) + 1)
  } catch (error) {
    // The call ends here, so nothing else would end its hold.
    await registries.leave(hold).catch(() => undefined)
    throw error
  }
  return { hold, from }
}

/** These problems end the call but not the edition: another call may send the rest of the file. */
const BROKEN_OFF: ReadonlySet<ProblemCode> = new Set([
  'body-broken-off',
  'body-too-slow',
  'idempotency-key-in-progress',
])

const isOver = (error: unknown): boolean =>
  error instanceof RegistryFileRefused ||
  error instanceof FileRefused ||
  (error instanceof GatewayProblem && !BROKEN_OFF.has(error.code))

const receive = async (
  deps: ReceiveEditionDeps,
  request: EditionRequest,
  registry: Registry,
  scope: ClaimScope,
): Promise<UploadAnswer> => {
  const { registries, clock } = deps
  const startedMs = clock.monotonicMs()
  const isRest = request.options.offset > 0
  const { hold, from } = await (isRest ? resume : begin)(deps, request, registry)
  const heartbeat = keepReceiving(deps, scope, () => registries.touch(hold))
  const into: LoadInto = {
    take: async (run, pages) => {
      heartbeat.assertAlive()
      await registries.append(hold, run, pages)
    },
    keep: (state) => registries.keep(hold, state.bytes, writeLoadingState(state)),
    ...(deps.numbersAtOnce !== undefined && { numbersAtOnce: deps.numbersAtOnce }),
  }
  try {
    const received = await loadNumbers(request.body, registry.country, into, from)
    heartbeat.assertAlive()
    const { edition, answer } = await accept(deps, request, { hold, scope, received })
    await heartbeat.stop()
    deps.wake()
    tell(deps, request, edition, clock.monotonicMs() - startedMs)
    return { ...answer, replayed: false }
  } catch (error) {
    await heartbeat.stop()
    // If `end` fails too, the sweep discards the edition later, unless another call continues it.
    const end = isOver(error) ? registries.discard : registries.leave
    await end(hold).catch(() => undefined)
    throw error
  }
}

const accept = async (
  deps: ReceiveEditionDeps,
  request: EditionRequest,
  { hold, scope, received }: { hold: EditionHold; scope: ClaimScope; received: ReceivedEdition },
) => {
  const { lines, numbers, rejected, sha256 } = received
  const { id } = hold
  const result = await deps.registries.accept({
    ...{ hold, received, claim: scope, allowShrink: request.options.allowShrink },
    isDated: request.options.asOf !== undefined,
    audit: createAuditEntry(deps.ids, byCaller(request.caller), {
      action: 'registry.edition_accepted',
      details: { registry: auditId(request.registry) },
      object: id,
      counts: { lines, numbers, rejected },
      digest: sha256,
    }),
    answerOf: (edition) => ({
      fingerprint: fingerprintOf(request, sha256),
      status: 202,
      body: JSON.stringify(deps.renderEdition(edition)),
      location: `/v1/registries/${request.registry}/editions/${id}`,
    }),
  })
  if (result.kind === 'fault') throw problemOf(result.fault)
  if (result.kind === 'claim_lost') throw inProgress()
  return result
}

const tell = (
  deps: ReceiveEditionDeps,
  { caller }: EditionRequest,
  edition: Edition,
  durationMs: number,
): void => {
  const { id, registry, change, lines, numbers, rejected, bytes } = edition
  deps.emit('registry.edition_accepted', {
    ...{ editionId: id, registry, change, lines, numbers, rejected, bytes },
    requestId: caller.requestId,
    durationMs: Math.round(durationMs),
  })
}
