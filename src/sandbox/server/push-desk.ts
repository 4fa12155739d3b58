import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import type { FaultEngine, FaultTarget } from '../faults/fault-plan.ts'
import type { ActivityBook, PushEntry } from '../state/activity-book.ts'

/** The only event of the guides about uploads [guide-api: Completion webhook]. */
export const UPLOAD_COMPLETED = 'outbound.contact.upload.completed'

/** The event about new entries of a DNC list [guide-002]. */
const DNC_ENTRIES_CREATED = 'OUTBOUND_DNCLIST_ENTRY_CREATED'

const ANSWER_WITHIN_MS = 5_000

/** A started job and its result. `readyAtMs`: when the job ends (monotonic). */
export type Completion = {
  jobId: string
  listId: string
  status: 'success' | 'error'
  processed: number
  failed: number
  readyAtMs: number
  /** null: no callback was requested. */
  callbackUrl: string | null
}

export type PushDesk = {
  /** Registers a webhook. A webhook that is not `enabled` is stored but never called. */
  subscribe(webhook: { name: string; eventType: string; url: string; enabled: boolean }): {
    id: string
  }
  /**
   * Sends the callback and the events when the job ends. If some of them must be sent before the
   * upload is answered (`callback-early`), the returned promise resolves when these have been sent.
   * Otherwise, returns null.
   */
  announce(completion: Completion): Promise<void> | null
  /** Sends the event that a DNC list has this many new entries. */
  entriesCreated(dncListId: string, entries: number): void
  /** Resolves when nothing is waiting to be sent and nothing is being sent. */
  settled(): Promise<void>
  /** Ends everything that waits or is being sent, and drops all subscriptions. */
  reset(): void
  /** Does the same as `reset`, and resolves when everything has ended. */
  close(): Promise<void>
}

type Push = Completion & { kind: PushEntry['kind']; url: string; eventId: string }

type Deps = {
  clock: Clock
  faults: FaultEngine
  book: ActivityBook
  /**
   * The origin to which every callback and event is sent. Path and query stay as given. undefined:
   * the given host.
   */
  callbackOrigin: string | undefined
}

const targetOf = (url: string, origin: string | undefined): string => {
  const { pathname, search } = new URL(url)
  return origin === undefined ? url : new URL(pathname + search, origin).href
}

/** The URL without its query, or with a wrong token. */
const withoutProof = (url: string, how: 'unsigned' | 'forged'): string => {
  const target = new URL(url)
  if (how === 'unsigned') target.search = ''
  else target.searchParams.set('token', `subscription_dnc.${'A'.repeat(22)}`)
  return target.href
}

/**
 * The body of a callback is as in the guide. The body of an event is not specified. An event about
 * an upload has the same members as a callback, and also `id`, `eventType` and `jobId`. An event
 * about a DNC list has `id`, `eventType`, the id of the list, the number of new entries and the
 * time.
 */
const bodyOf = (push: Push, status: PushEntry['status'], now: Date): string => {
  const { jobId, listId, processed, failed, kind, eventId: id } = push
  if (kind === 'dnc-event') {
    const about = { dncListId: listId, entries: processed, timestamp: now.toISOString() }
    return JSON.stringify({ id, eventType: DNC_ENTRIES_CREATED, ...about })
  }
  const facts = { contactListId: listId, uploadId: jobId, status, timestamp: now.toISOString() }
  const counts = { recordsProcessed: processed, recordsFailed: failed }
  const told = status === 'in_progress' ? facts : { ...facts, ...counts }
  return JSON.stringify(
    kind === 'callback' ? told : { id: randomUUID(), eventType: UPLOAD_COMPLETED, jobId, ...told },
  )
}

/**
 * The faults that a callback or an event gets. They are drawn once and in this order, so that a
 * seed determines them.
 */
const drawFaults = (faults: FaultEngine, target: FaultTarget) => ({
  late: faults.pick(['callback-late'], target),
  early: faults.pick(['callback-early'], target),
  duplicated: faults.pick(['callback-duplicated'], target),
  progress: faults.pick(['callback-progress'], target),
  misreported: faults.pick(['callback-misreported'], target),
  outOfOrder: faults.pick(['callback-out-of-order'], target),
})
type Drawn = ReturnType<typeof drawFaults>

/**
 * The callbacks and events that are held back. Each is held until a number of others were sent, or
 * until its time is over.
 */
const createHoldingPen = (clock: Clock) => {
  type Held = { left: number; release: () => void }
  const held = new Set<Held>()
  return {
    passed: (): void => {
      for (const one of held) {
        one.left -= 1
        if (one.left <= 0) one.release()
      }
    },
    wait: async (others: number, atMostMs: number, signal: AbortSignal): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const one = { left: others, release: resolve }
      held.add(one)
      try {
        await Promise.race([promise, clock.sleep(atMostMs, signal)])
      } finally {
        held.delete(one)
      }
    },
  }
}

const createSender = (deps: Deps) => {
  const pen = createHoldingPen(deps.clock)
  const post = async (push: Push, status: PushEntry['status'], signal: AbortSignal) => {
    const entry = deps.book.pushed({ kind: push.kind, uploadId: push.jobId, status })
    try {
      const answer = await fetch(targetOf(push.url, deps.callbackOrigin), {
        method: 'POST',
        // The POST is unsigned, as in the guides. A redirect counts as an answer and is not
        // followed.
        redirect: 'manual',
        headers: { 'content-type': 'application/json' },
        body: bodyOf(push, status, deps.clock.now()),
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      })
      entry.answered = answer.status
      await answer.body?.cancel()
    } catch {
      // No answer arrived in time. Genesys sends a message only once, so there is no second
      // attempt. In the entry, `answered` stays null.
    }
    pen.passed()
  }
  const due = async (push: Push, drawn: Drawn, signal: AbortSignal): Promise<void> => {
    const waitMs = drawn.early ? 0 : push.readyAtMs - deps.clock.monotonicMs()
    const delayMs = Math.max(0, waitMs) + (drawn.late?.delayMs ?? 0)
    if (delayMs > 0) await deps.clock.sleep(delayMs, signal)
    if (!drawn.outOfOrder) return
    await pen.wait(drawn.outOfOrder.behind, drawn.outOfOrder.atMostMs, signal)
  }
  return async (push: Push, drawn: Drawn, signal: AbortSignal): Promise<void> => {
    const { progress, duplicated, misreported } = drawn
    if (progress && !progress.afterFinal) await post(push, 'in_progress', signal)
    await due(push, drawn, signal)
    const status = misreported?.status ?? push.status
    await post(push, status, signal)
    for (let left = duplicated?.times ?? 0; duplicated && left > 0; left -= 1) {
      await deps.clock.sleep(duplicated.gapMs, signal)
      await post(push, status, signal)
    }
    if (progress?.afterFinal) await post(push, 'in_progress', signal)
  }
}

type Subscribed = { eventType: string; url: string }

/**
 * The messages about a completion: first the callback, if one was requested, and then the events.
 */
const pushesOf = (completion: Completion, subscribed: readonly Subscribed[]): Push[] => {
  const { callbackUrl } = completion
  const told = (kind: 'callback' | 'event', url: string): Push => ({
    ...{ ...completion, kind, url },
    eventId: randomUUID(),
  })
  return [
    ...(callbackUrl === null ? [] : [told('callback', callbackUrl)]),
    ...subscribed
      .filter(({ eventType }) => eventType === UPLOAD_COMPLETED)
      .map(({ url }) => told('event', url)),
  ]
}

/** The messages about new entries of a DNC list. */
const dncPushesOf = (
  about: { dncListId: string; entries: number; readyAtMs: number },
  subscribed: readonly Subscribed[],
): Push[] =>
  subscribed
    .filter(({ eventType }) => eventType === DNC_ENTRIES_CREATED)
    .map(({ url }) => ({
      ...{ jobId: about.dncListId, listId: about.dncListId, readyAtMs: about.readyAtMs },
      ...{ status: 'success', processed: about.entries, failed: 0, callbackUrl: null },
      ...{ kind: 'dnc-event', url, eventId: randomUUID() },
    }))

/** Makes Genesys' outgoing calls: completion callbacks, and events for registered webhooks. */
export const createPushDesk = (deps: Deps): PushDesk => {
  const send = createSender(deps)
  let subscribed: Subscribed[] = []
  let ending = new AbortController()
  const inFlight = new Set<Promise<void>>()

  const start = (push: Push): Promise<void> | null => {
    const target = { operation: push.kind, listId: push.listId }
    if (deps.faults.pick(['callback-lost'], target)) {
      deps.book.pushLost(push.kind, push.jobId)
      return null
    }
    const forged = deps.faults.pick(['callback-forged'], target)
    const sentPush = forged ? { ...push, url: withoutProof(push.url, forged.how) } : push
    const drawn = drawFaults(deps.faults, target)
    const { signal } = ending
    const sent = send(sentPush, drawn, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    inFlight.add(sent)
    void sent.finally(() => inFlight.delete(sent))
    return drawn.early ? sent : null
  }
  const reset = (): void => {
    subscribed = []
    ending.abort()
    ending = new AbortController()
  }
  return {
    subscribe: ({ name, eventType, url, enabled }) => {
      const id = randomUUID()
      if (enabled) subscribed.push({ eventType, url })
      deps.book.webhook({ id, name, eventType, url: new URL(url) })
      return { id }
    },
    announce: (completion) => {
      const first = pushesOf(completion, subscribed)
        .map(start)
        .filter((sent) => sent !== null)
      return first.length === 0 ? null : Promise.all(first).then(() => undefined)
    },
    entriesCreated: (dncListId, entries) => {
      const about = { dncListId, entries, readyAtMs: deps.clock.monotonicMs() }
      for (const push of dncPushesOf(about, subscribed)) void start(push)
    },
    settled: async () => {
      while (inFlight.size > 0) await Promise.all(inFlight)
    },
    reset,
    close: async () => {
      reset()
      await Promise.allSettled(inFlight)
    },
  }
}
