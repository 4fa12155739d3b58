import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import { EntryStands, type DncClaim } from '../ports/do-not-call/dnc-lane.ts'
import type { DncAnswer } from '../ports/do-not-call/dnc-lists.ts'
import type { SendEntries } from '../ports/do-not-call/send-entries.ts'
import type { CallContext } from '../ports/genesys/genesys.ts'
import { afterFailure } from './after-failure.ts'
import { auditedGroup, type ListHealth, type SendDeps, type SendRun } from './send-run.ts'

/**
 * After this many groups, and steps that find no group, the lane is released. Other lists then get
 * their turn, and a stopping service does not have to wait for the end of a large submission.
 */
const STEPS_A_CLAIM = 20
/** How long to wait before the next check for a free slot, if all slots for writes are taken. */
const SLOT_LOOK_MS = 200

/**
 * The problem of a submission if Genesys counted more or fewer entries than were sent. null if the
 * numbers agree, or if Genesys reports no numbers.
 */
const talliesProblem = (run: SendRun, { tallies, failed }: DncAnswer) => {
  if (tallies === null) return null
  const { submissionId, places } = run.group
  const counted = tallies.created + tallies.duplicate + tallies.updated + failed.length
  const sent = places.length
  if (counted === sent) return null
  const { dncListId } = run.claim
  run.deps.emit('dnc.tallies_differ', { submissionId, dncListId, sent, counted })
  const detail = `The gateway sent ${sent} entries in a request, and Genesys counted ${counted}. The gateway suppresses the people in all ${sent} entries.`
  return { code: 'dnc-tallies-differ' satisfies ProblemCode, detail }
}

const taken = async (run: SendRun, answer: DncAnswer): Promise<number> => {
  const { deps, claim, group, health } = run
  const { tallies } = answer
  const failed = new Map(answer.failed.map(({ index, code }) => [group.places[index]!, code]))
  await deps.lane.settle(claim, group, {
    failed,
    open: [],
    tallies,
    problem: talliesProblem(run, answer),
    audit: auditedGroup(run, 'dnc.sent', { counts: { failed: failed.size, ...tallies } }),
  })
  health.most = Math.min(deps.lists.limits.entries, health.most * 2)
  health.throttled = 0
  health.failures = 0
  deps.emit('dnc.sent', {
    submissionId: group.submissionId,
    tenantId: group.tenantId,
    dncListId: claim.dncListId,
    entries: group.places.length,
    failed: failed.size,
    attempt: group.attempts + 1,
    durationMs: deps.clock.monotonicMs() - run.startedMs,
  })
  return 0
}

/**
 * Tries the group's request once. All tries of a group use the same idempotency key. The try is
 * recorded once the pace has granted its slot.
 */
const sendGroup = async (run: SendRun, lease: Parameters<SendEntries>[1]): Promise<number> => {
  const { deps, claim, group } = run
  const { dncListId } = claim
  const { action, kind, subjects, reason, expiresAt, idempotencyKey, tenantId } = group
  const context: CallContext = {
    ...{ tenantId, class: 'dnc' as const, signal: lease.signal, retryForMs: 0 },
    beforeSend: async () => {
      lease.assertHeld()
      await deps.lane.recordTry(claim, group)
    },
  }
  try {
    if (action === 'remove') {
      await deps.lists.remove({ dncListId, kind, subjects }, context)
      return await taken(run, { tallies: null, failed: [] })
    }
    const write = { dncListId, kind, subjects, reason, expiresAt, idempotencyKey }
    return await taken(run, await deps.lists.add(write, context))
  } catch (error) {
    if (error instanceof EntryStands) return 0
    if (!(error instanceof GenesysFailure)) throw error
    return afterFailure(run, error)
  }
}

/**
 * Sends the entries of a list's submissions group by group, in the order of acceptance. Whatever
 * Genesys answers, entries that were added continue to suppress in the gateway.
 */
export const createSendEntries = (deps: SendDeps): SendEntries => {
  const healths = new Map<string, ListHealth>()
  const { lane, lists, clock, ids, owner } = deps
  const healthOf = (dncListId: string): ListHealth => {
    const health = healths.get(dncListId) ?? {
      most: lists.limits.entries,
      throttled: 0,
      failures: 0,
      conflict: null,
    }
    healths.set(dncListId, health)
    return health
  }
  const sendNext = async (
    claim: DncClaim,
    lease: Parameters<SendEntries>[1],
  ): Promise<number | null> => {
    const health = healthOf(claim.dncListId)
    const { takes, limits } = lists
    const group = await lane.nextGroup(claim, {
      takes,
      most: health.most,
      expiryDays: limits.expiryDays,
      id: ids.newUuid(),
      key: ids.newUuid(),
    })
    if (group === null) return null
    if (group === 'again') return 0
    const slot = await lane.takeSlot(owner, deps.slots)
    if (slot === null) return SLOT_LOOK_MS
    try {
      const startedMs = clock.monotonicMs()
      return await sendGroup({ deps, claim, group, health, startedMs }, lease)
    } finally {
      await lane.freeSlot(owner, slot).catch(() => undefined)
    }
  }
  return async (claim, lease) => {
    for (let steps = 0; steps < STEPS_A_CLAIM; steps += 1) {
      lease.signal.throwIfAborted()
      const nextMs = await sendNext(claim, lease)
      if (nextMs === null || nextMs > 0) return nextMs
    }
    return 0
  }
}
