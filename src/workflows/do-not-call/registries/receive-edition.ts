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
  ReceivedEdition,
  RegistryStore,
} from '../../ports/do-not-call/registries/registries.ts'
import { answerOnce, type AnswerOnceDeps } from '../../uploads/receive/answer-once.ts'
import { lostAs } from '../../uploads/receive/given-up.ts'
import { keepReceiving } from '../../uploads/receive/heartbeat.ts'
import { type ClaimScope, inProgress } from '../../uploads/receive/idempotency-claim.ts'
import { hashBody } from '../../uploads/receive/request-fingerprint.ts'
import { loadNumbers } from './load-numbers.ts'
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
  /** Called when there is an edition to bring into force. */
  wake: () => void
}

export type ReceiveEdition = Refusing<
  (typeof RECEIVE_EDITION_REFUSALS)[number],
  (request: EditionRequest) => Promise<UploadAnswer>
>

/** How far another clock may be ahead. */
const MOST_AHEAD_MS = 5 * 60_000

/**
 * An edition from the future would count as fresh for too long, and no later edition could come
 * into force.
 */
const checkAsOf = (asOf: string, now: Date): void => {
  if (Date.parse(asOf) - now.getTime() <= MOST_AHEAD_MS) return
  const detail = '`asOf` is in the future. Send the time of the data in the file.'
  throw new GatewayProblem('option-invalid', detail, { options: ['asOf'] })
}

const FAULTS: Record<EditionFault['kind'], { code: ProblemCode; detail: string }> = {
  older: { code: 'edition-older', detail: 'The edition in force is newer than this one.' },
  duplicate: { code: 'edition-exists', detail: 'This file is an edition already.' },
  base_missing: {
    code: 'edition-base-missing',
    detail: 'The edition that this one changes is not in force.',
  },
  shrinks: {
    code: 'edition-shrinks',
    detail: 'The edition has far fewer numbers than the one in force.',
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
    'The edition was given up while it was received, because the database did not answer in time.',
  )
}

const fingerprintOf = ({ registry, options }: EditionRequest, fileSha256: string): string =>
  sha256Hex(canonicalJson({ registry, options, file: fileSha256 }))

/**
 * Accepts an edition of a registry. Reads, sorts, seals and stores its numbers while they stream
 * in, and answers 202 when all are durable. From then on it comes into force by itself. A failure
 * before leaves nothing behind.
 */
export const createReceiveEdition =
  (deps: ReceiveEditionDeps): ReceiveEdition =>
  async (request) => {
    const { caller, idempotencyKey: key, path, body } = request
    const registry = await deps.registries.find(request.registry)
    if (registry === null) throw new GatewayProblem('not-found', 'The registry does not exist.')
    const call = {
      ...{ tenantId: caller.tenantId, method: 'POST', path, key },
      fingerprint: async () =>
        fingerprintOf(request, await hashBody(body, Number.MAX_SAFE_INTEGER)),
      reused: 'This Idempotency-Key was used with another file or other options.',
    }
    return answerOnce(deps, call, (scope) =>
      receive(deps, request, registry, scope).catch((error: unknown) => {
        throw translated(error)
      }),
    )
  }

const receive = async (
  deps: ReceiveEditionDeps,
  request: EditionRequest,
  registry: Registry,
  scope: ClaimScope,
): Promise<UploadAnswer> => {
  const { registries, clock } = deps
  const { change, base: baseId = null, subscription = null } = request.options
  const { tenantId, requestId } = request.caller
  const startedMs = clock.monotonicMs()
  const asOf = request.options.asOf ?? clock.now().toISOString()
  checkAsOf(asOf, clock.now())
  const id = deps.ids.newId('rge')
  const about = { registry: registry.name, change, baseId, asOf }
  const fault = await registries.faultOf(about)
  if (fault !== null) throw problemOf(fault)
  await registries.begin({ id, ...about, subscription, tenantId, requestId, owner: deps.owner })
  const heartbeat = keepReceiving(deps, scope, () => registries.touch(id))
  try {
    const received = await loadNumbers(request.body, registry.country, async (run, pages) => {
      heartbeat.assertAlive()
      await registries.append(id, run, pages)
    })
    heartbeat.assertAlive()
    const { edition, answer } = await accept(deps, request, { id, scope, received })
    await heartbeat.stop()
    deps.wake()
    tell(deps, request, edition, clock.monotonicMs() - startedMs)
    return { ...answer, replayed: false }
  } catch (error) {
    await heartbeat.stop()
    // If this fails too, the sweep discards it after 60 s without a sign of life.
    await registries.discard(id).catch(() => undefined)
    throw error
  }
}

const accept = async (
  deps: ReceiveEditionDeps,
  request: EditionRequest,
  { id, scope, received }: { id: string; scope: ClaimScope; received: ReceivedEdition },
) => {
  const { lines, numbers, rejected, sha256 } = received
  const result = await deps.registries.accept({
    ...{ id, received, claim: scope, allowShrink: request.options.allowShrink },
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
