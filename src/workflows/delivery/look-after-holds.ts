import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { HeldUpload, HoldStore } from '../ports/delivery/holds.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'

export type LookAfterHoldsDeps = {
  holds: HoldStore
  contactLists: Pick<ContactListPort, 'readContactList'>
  clock: Clock
  emit: Emit
  /** The time until the next check of a hold whose reason persists. */
  againInMs: number
  /** Called when uploads are no longer held, so that workers claim their lanes immediately. */
  wake: () => void
}

export type HoldKeeper = {
  start(): void
  /** Checks the holds that are due. Returns how many of them ended. */
  look(): Promise<number>
  /** Aborts a running check, and resolves when it has ended. */
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 5_000
/**
 * How long one call may wait for a slot and retry. If it does not succeed, the next check tries
 * again.
 */
const WITHIN_MS = 5_000

/**
 * Checks in Genesys whether the cause of each due hold is gone. If so, ends the hold. A check that
 * does not end the hold changes neither the `since` of the hold nor the version of the upload.
 * - `list_clearing`: the list must be empty, or Genesys must give no size.
 * - `list_not_ready`: Genesys must no longer be building the list's index.
 * - `genesys_unavailable`: it is enough that Genesys shows the list.
 *
 * A hold also ends if Genesys permanently refuses to show the list, for example because the list no
 * longer exists. The next run of the upload then acts on the refusal. A refusal of the gateway's
 * credentials does not end a hold.
 */
export const createHoldKeeper = (deps: LookAfterHoldsDeps): HoldKeeper => {
  const { holds, clock, emit } = deps
  const stopped = new AbortController()
  let running: Promise<void> = Promise.resolve()

  const isOver = async ({ tenantId, contactListId, reason }: HeldUpload): Promise<boolean> => {
    try {
      const list = await deps.contactLists.readContactList(contactListId, {
        tenantId,
        class: 'poll',
        signal: stopped.signal,
        retryForMs: WITHIN_MS,
      })
      if (reason === 'list_clearing') return list.size === null || list.size === 0
      return reason !== 'list_not_ready' || list.status !== 'processing'
    } catch (error) {
      if (!(error instanceof GenesysFailure)) throw error
      return error.retry === 'never' && error.kind !== 'unauthorized'
    }
  }

  const look = async (): Promise<number> => {
    let ended = 0
    const looks = new Map<string, boolean>()
    for (const held of await holds.takeDue(deps.againInMs)) {
      const about = `${held.reason} ${held.contactListId}`
      const over = looks.get(about) ?? (await isOver(held))
      looks.set(about, over)
      if (over && (await holds.end(held))) ended += 1
    }
    if (ended > 0) deps.wake()
    return ended
  }

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stopped.signal).catch(() => undefined)
      if (stopped.signal.aborted) return
      await look().catch((error: unknown) => {
        if (stopped.signal.aborted) return
        const told = error instanceof Error ? error.name : 'unknown'
        emit('job.failed', { queue: 'holds', error: told })
      })
    }
  }

  return {
    start: () => {
      running = loop()
    },
    look,
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}
