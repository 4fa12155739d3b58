import assert from 'node:assert/strict'

import type { DncSubmission } from '../../../src/domain/do-not-call/dnc-submission.ts'
import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import type { DncEntry } from '../../../src/sandbox/state/do-not-call/dnc-lists.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createSendEntries } from '../../../src/workflows/do-not-call/send-entries.ts'
import {
  createMemoryNewLists,
  createMemoryPace,
  createSkippingClock,
} from '../../genesys/harness.ts'
import { createLife, Killed, mortal } from '../gateway/kill-points.ts'
import { ids } from '../stages/store-uploads.ts'
import { createSubmitter } from './dnc-submitter.ts'

export const DNC_LIST = 'dnc-1'
export const DNC_ACCOUNT = { clientId: 'c', clientSecret: 'a-secret-that-nobody-sees' }
const WRITTEN = [
  'nextGroup',
  'recordTry',
  'settle',
  'replace',
  'hold',
  'takeSlot',
  'freeSlot',
] as const
const ASKED = ['add'] as const

export type GroupRow = {
  id: string
  state: string
  entries: number
  attempts: number
  key: string
  predecessor: string | null
}

/** A process of the gateway, which ends at its n-th step. */
export type DncProcess = {
  /** Submits entries under a key. null: the process was killed. */
  submit(entries: readonly object[], key?: string): Promise<DncSubmission | null>
  /**
   * Works on the list's lane once. Returns the milliseconds until the next step. null: there is no
   * work, or the process was killed.
   */
  look(about?: { keepSlots?: boolean }): Promise<number | null>
  /** Works on the lane until nothing is left, or the process was killed. */
  drain(): Promise<void>
  readonly killed: boolean
  /** How many steps it has taken so far. */
  readonly steps: number
}

export type DncStage = {
  sandbox: SandboxHandle
  process(killAt?: number | null): DncProcess
  find(id: string): Promise<DncSubmission>
  /** The groups of all submissions, in the order in which they were made. */
  groups(): Promise<GroupRow[]>
  /** Discards what a killed process had begun to receive, as the gateway does after a minute. */
  sweep(): Promise<void>
  /** Lets this much time pass: moves everything that was sent this far into the past. */
  age(ms: number): Promise<void>
  /** The entries that Genesys has. */
  there(): Record<string, DncEntry>
  /** The events of every process so far. */
  told: { name: string; fields: Record<string, unknown> }[]
  close(): Promise<void>
}

/**
 * A store and a Genesys of one dialect with one DNC list. Processes that can be killed receive
 * entries and send them, step by step.
 */
export const setDncStage = async (
  store: Store,
  dialect: 'guide' | 'platform',
  { random = () => 0, ...about }: { requestTimeoutMs?: number; random?: () => number } = {},
): Promise<DncStage> => {
  const sandbox = await startSandbox({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, ...DNC_ACCOUNT },
    limits: { guideRequestsPerMinute: 1_000_000, platformRequestsPerMinute: 1_000_000 },
  })
  sandbox.makeDncList({ id: DNC_LIST, name: DNC_LIST })
  const clock = createSkippingClock()
  const told: DncStage['told'] = []
  const emit = (name: string, fields: object): void =>
    void told.push({ name, fields: fields as Record<string, unknown> })
  const genesys = createGenesysClient({
    ...{ dialect, apiUrl: sandbox.url, loginUrl: sandbox.url, ...DNC_ACCOUNT },
    ...{ requestsPerMinute: 60_000, batchRows: null, clock, emit },
    ...{ pace: createMemoryPace(clock), newLists: createMemoryNewLists() },
    ...{ random: () => 0, ...about },
  })
  const closing = new AbortController()
  const { signal } = new AbortController()
  const lease = { signal, assertHeld: () => undefined }
  const run = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await store.sql.executeSql(text, values)).rows as Row[]

  const find = async (id: string): Promise<DncSubmission> => {
    const submission = await store.dncSubmissions.find('default', id)
    assert.ok(submission, `no submission ${id}`)
    return submission
  }

  const process = (killAt: number | null = null): DncProcess => {
    const life = createLife(killAt ?? Number.POSITIVE_INFINITY)
    const submit = createSubmitter(store, { life, emit, signal: closing.signal })
    const lane = mortal(store.dncLane, WRITTEN, life)
    const send = createSendEntries({
      ...{ lane, lists: mortal(genesys.dncLists, ASKED, life) },
      ...{ clock, ids, emit, random, owner: 'me', slots: 5 },
    })
    const orKilled = async <T>(work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work()
      } catch (error) {
        if (error instanceof Killed) return null
        throw error
      }
    }
    const look: DncProcess['look'] = ({ keepSlots = false } = {}) =>
      orKilled(async () => {
        if (!keepSlots) await store.dncLane.freeAll()
        await run('update dnc_list_lane set lease_until = null')
        await run(
          `update dnc_list_lane set ready_at = clock_timestamp() where ready_at < 'infinity'`,
        )
        const claim = await store.dncLane.claim('me')
        if (claim === null) return null
        const nextMs = await send(claim, lease)
        await store.dncLane.release(claim, nextMs)
        return nextMs
      })
    return {
      submit: (entries, key) =>
        orKilled(async () => find(await submit(entries, { dncListId: DNC_LIST, key }))),
      look,
      drain: async () => {
        for (let looks = 0; looks < 300; looks += 1) if ((await look()) === null) return
        throw new Error('the lane does not come to its end')
      },
      get killed() {
        return life.ended
      },
      get steps() {
        return life.taken
      },
    }
  }

  return {
    ...{ sandbox, process, find, told },
    groups: () =>
      run<GroupRow>(`select id, state, entries, attempts, idempotency_key as key, predecessor_id as predecessor
        from dnc_group order by created_at, id`),
    sweep: async () => {
      await run(
        `update idempotency_key set heartbeat_at = heartbeat_at - interval '61 s' where state = 'claimed'`,
      )
      await store.dncSubmissions.sweepReceiving(0)
    },
    age: async (ms) => {
      clock.skip(ms)
      for (const [table, column] of [
        ['dnc_group', 'sent_at'],
        ['dnc_submission', 'held_since'],
        ['dnc_submission', 'accepted_at'],
        ['dnc_entry', 'expires_at'],
      ]) {
        await run(`update ${table} set ${column} = ${column} - make_interval(secs => $1::float8)`, [
          ms / 1000,
        ])
      }
    },
    there: () => sandbox.dncList(DNC_LIST).entries.phone,
    close: async () => {
      closing.abort()
      await genesys.close()
      await sandbox.close()
    },
  }
}
