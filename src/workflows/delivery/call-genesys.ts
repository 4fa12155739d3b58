import type { GenesysFailure as Failure } from '../../domain/genesys/genesys-failure.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { HolderWait, UploadProblem } from '../../domain/uploads/upload.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { CallClass, CallContext } from '../ports/genesys/genesys.ts'
import { createLongWait } from './long-wait.ts'
import type { DeliveryRun } from './run.ts'
import { askGoingOn, DeliveryEnds, noteWait } from './run.ts'

/**
 * How long one call retries. The limit is needed because a run notices a pause or a cancellation
 * only between calls.
 */
const SLICE_MS = 60_000
/** The first call is short, so that an upload soon shows what it waits for. */
const FIRST_SLICE_MS = 5_000
/** How often a run that waits before a retry stores again what it waits for. */
const SHOW_EVERY_MS = 60_000
/** Full jitter from 1 s, cap 60 s [guide-api: Errors and retries]. */
const BACKOFF = { baseMs: 1_000, capMs: 60_000 }

/** How the HTTP tries of a request are recorded. */
export type Tries = { record: () => Promise<void>; noteRefused: () => Promise<void> }

/**
 * Calls Genesys until it answers. Throws a failure that no retry fixes.
 * - After `retryWindowMs`, the upload is held as `genesys_unavailable`, never failed. It is also
 *   held if Genesys refuses the gateway's credentials, because they can be corrected.
 * - `onConflict` is called as soon as Genesys refuses a write with 409, before any wait or retry.
 *   Callers use it to read the list.
 * - `tries.record` is awaited for every HTTP try, after the try has its slot and before it is sent.
 *   `tries.noteRefused` is awaited after every try that Genesys refused, so that it took no row. If
 *   one of them throws, the call ends with that error.
 */
export const callGenesys = async <T>(
  run: DeliveryRun,
  callClass: CallClass,
  call: (context: CallContext) => Promise<T>,
  about: { onConflict?: () => Promise<unknown>; tries?: Tries } = {},
): Promise<T> => {
  const { clock, retryWindowMs, random } = run.deps
  const { onConflict, tries } = about
  const endsAt = clock.monotonicMs() + retryWindowMs
  for (let attempt = 1; ; attempt += 1) {
    const left = endsAt - clock.monotonicMs()
    const sliceMs = attempt === 1 && run.wait.value() === null ? FIRST_SLICE_MS : SLICE_MS
    try {
      const answer = await call({
        tenantId: run.upload.tenantId,
        class: callClass,
        signal: run.lease.signal,
        retryForMs: Math.max(0, Math.min(sliceMs, left)),
        beforeSend: async () => {
          run.lease.assertHeld()
          await tries?.record()
        },
        afterRefusal: () => tries?.noteRefused(),
      })
      await noteAnswer(run, callClass)
      return answer
    } catch (error) {
      const failure = passing(run, error)
      if (failure.kind === 'conflict') await onConflict?.()
      const waitMs = backoffMs(BACKOFF, attempt, random, failure.retryAfterMs ?? 0)
      if (clock.monotonicMs() + waitMs >= endsAt) throw outage(run, failure.kind)
      const reason = failure.kind === 'conflict' ? 'list_not_ready' : 'genesys_unavailable'
      await waitShown(run, reason, waitMs)
    }
  }
}

/**
 * Waits before a retry. Stores the reason every minute: Genesys may ask the gateway to wait for an
 * hour, but the store drops a reason after three minutes.
 */
const waitShown = async (run: DeliveryRun, reason: HolderWait, ms: number): Promise<void> => {
  const wait = createLongWait(run)
  let leftMs = ms
  do {
    await noteWait(run, reason)
    await wait(Math.min(leftMs, SHOW_EVERY_MS))
    leftMs -= SHOW_EVERY_MS
  } while (leftMs > 0)
  await askGoingOn(run)
}

/** Returns the failure if a retry may succeed. Throws a failure that ends the call. */
const passing = (run: DeliveryRun, error: unknown): Failure => {
  if (!(error instanceof GenesysFailure)) throw error
  // If a secret was changed in Genesys but not yet in the gateway, the waiting uploads must not
  // fail.
  if (error.kind === 'unauthorized') throw outage(run, error.kind)
  if (error.retry === 'never') throw error
  return error
}

/**
 * Clears the reason for waiting, because Genesys has answered. A read clears only
 * `genesys_unavailable`: Genesys may show the list and still refuse its rows.
 */
const noteAnswer = async (run: DeliveryRun, callClass: CallClass): Promise<void> => {
  if (callClass !== 'read' || run.wait.value() === 'genesys_unavailable') await noteWait(run, null)
}

/** The hold that ends by itself once Genesys works again. `failure`: the cause, for the log. */
export const outage = (run: DeliveryRun, failure: string): DeliveryEnds =>
  new DeliveryEnds({
    kind: 'hold',
    reason: 'genesys_unavailable',
    retryInMs: run.deps.holdRetryMs,
    failure,
  })

/** The problem that the upload shows to callers if Genesys refuses a request for good. */
export const problemOf = (failure: Failure): UploadProblem => {
  const code = failure.upstreamCode === null ? '' : ` (${failure.upstreamCode})`
  switch (failure.kind) {
    case 'not_found':
      return { code: 'contact-list-gone', detail: `Genesys does not know the contact list${code}.` }
    case 'forbidden':
      return {
        code: 'genesys-refused',
        detail: `The gateway lacks a right in Genesys${failure.right === null ? '' : `, probably ${failure.right}`}.`,
      }
    default:
      if (failure.rowFault.code === 'contact-list-full') {
        return { code: 'contact-list-full', detail: `The contact list is full${code}.` }
      }
      return { code: 'genesys-refused', detail: `Genesys refused the whole request${code}.` }
  }
}
