import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { createLaneWorkers } from '../../../src/lanes/lane-worker.ts'
import type { DeliverUpload } from '../../../src/workflows/ports/delivery/lease.ts'
import { makeUpload } from '../memory/made-uploads.ts'
import { createManualClock } from './test-clock.ts'

/**
 * Lane workers on lanes in memory. `give` puts uploads into the lanes. Time stands still until it
 * is advanced. `claimed`: more members of each claim.
 */
export const setLaneStage = (deliver: DeliverUpload, maxLanes = 4, maxHeld = 8, claimed = {}) => {
  const clock = createManualClock()
  const work = new Map<string, Upload[]>()
  const held = new Set<string>()
  const notBefore = new Map<string, number>()
  const released: { lane: string; readyInMs: number }[] = []
  const events: string[] = []
  const renewals: { answer: () => Promise<{ nudges: number } | null>; count: number } = {
    answer: async () => ({ nudges: 0 }),
    count: 0,
  }
  const workers = createLaneWorkers({
    lanes: {
      claim: async (owner) => {
        const waiting = [...work].toSorted(
          ([one], [other]) => (notBefore.get(one) ?? 0) - (notBefore.get(other) ?? 0),
        )
        for (const [key, uploads] of waiting) {
          const ready = (notBefore.get(key) ?? 0) <= clock.monotonicMs()
          if (uploads.length === 0 || held.has(key) || !ready) continue
          held.add(key)
          return { key, owner, fence: '1', leaseMs: 10_000, ...claimed }
        }
        return null
      },
      renew: () => {
        renewals.count += 1
        return renewals.answer()
      },
      release: async ({ key }, readyInMs) => {
        held.delete(key)
        notBefore.set(key, clock.monotonicMs() + readyInMs)
        released.push({ lane: key, readyInMs })
      },
      freeAll: async () => undefined,
      anyReady: async () =>
        [...work].some(([key, uploads]) => uploads.length > 0 && !held.has(key)),
      wakeHeld: async () => 0,
      repair: async () => 0,
    },
    delivery: { next: async ({ key }) => work.get(key)?.[0] ?? null },
    deliver: async (claim, upload, lease) => {
      await deliver(claim, upload, lease)
      if (!lease.rest.aborted) work.get(claim.key)!.shift()
    },
    clock,
    emit: (name) => void events.push(name),
    owner: 'me',
    maxLanes,
    maxHeld,
    idlePollMs: 300,
    random: () => 0,
  })
  const give = (lane: string, ...ids: string[]): void => {
    work.set(lane, [...(work.get(lane) ?? []), ...ids.map((id) => makeUpload([], { id }))])
  }
  return { clock, workers, give, work, released, events, renewals }
}

export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
