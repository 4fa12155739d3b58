import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import {
  type ProcessUnderTest,
  reachableEnv,
  sandboxEnv,
  startSandboxProcess,
} from '../gateway/gateway-process.ts'
import { type RunningGateway, setStage, type Stage } from '../stages/stage.ts'
import type { FakeClock } from './fake-clock.ts'

/** Neither the pace nor a job of Genesys makes anything wait. */
const SANDBOX_FLAGS = ['--guide-requests-per-minute', '1000000', '--job-delay-ms', '20']
/** Long, because the machine may be busy. */
const WITHIN_MS = 90_000
/**
 * A sweep, or a run of retention, that began before a check of the clock may end after it, so the
 * second one is waited for.
 */
const SWEEPS = 2
const RUNS = 2

/** A gateway, its PostgreSQL and its Genesys, which all have the one clock that the test sets. */
export type LaterStage = {
  stage: Stage
  gateway(): RunningGateway
  start(): Promise<RunningGateway>
  rows<T extends pg.QueryResultRow>(statement: string): Promise<T[]>
  count(from: string): Promise<number>
  /**
   * All clocks show this many more seconds than the true time. Resolves when Genesys has confirmed
   * the time, and retention and the sweeper have run with it.
   */
  later(seconds: number): Promise<void>
  /** Like `later`, for a gateway that starts only now. */
  startLater(seconds: number): Promise<void>
  close(): Promise<void>
}

const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  const deadline = performance.now() + WITHIN_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen in ${WITHIN_MS} ms`)
    await delay(250)
  }
}

/** `home`: on a server that was started with the variables of `clock`. */
export const setLaterStage = async (
  home: StoreHome & { kind: 'server' },
  clock: FakeClock,
): Promise<LaterStage> => {
  clock.set(0)
  const stage = await setStage(home, 'guide')
  const reachable = await reachableEnv()
  let sandbox: ProcessUnderTest | null = null
  let running: RunningGateway | null = null
  const client = new pg.Client({ connectionString: home.url })
  await client.connect()
  const gateway = (): RunningGateway => running!
  const start = async (): Promise<RunningGateway> => {
    sandbox ??= await startSandboxProcess(SANDBOX_FLAGS, clock.env)
    const genesys = sandboxEnv(new URL(sandbox.address).origin, 'guide')
    running = await stage.gateway({ ...genesys, ...reachable, ...clock.env })
    return running
  }
  const rows: LaterStage['rows'] = async <T extends pg.QueryResultRow>(statement: string) =>
    (await client.query<T>(statement)).rows
  const tidied = async (confirmedBefore: number): Promise<void> => {
    const number = (name: string): number => gateway().events(name).length
    await until('the confirmation of the clock', async () => {
      // Any answer of Genesys carries its time. The gateway itself asks for the time only every
      // half minute.
      await gateway().client.call('/v1/contact-lists')
      return number('clock.confirmed') > confirmedBefore
    })
    const runs = (): number =>
      gateway()
        .events('retention.swept')
        .filter(({ rule }) => rule === 'audit-entries').length
    const [runsBefore, sweepsBefore] = [runs(), number('sweep.finished')]
    await until('two runs of retention and of the sweeper', async () => {
      // The wait between two runs is ten minutes, or one minute after a run in which the clock was
      // in doubt. This skips it.
      await rows(`update upkeep set ready_at = clock_timestamp() where task = 'retention'`)
      return runs() >= runsBefore + RUNS && number('sweep.finished') >= sweepsBefore + SWEEPS
    })
  }
  return {
    stage,
    gateway,
    start,
    rows,
    count: async (from) =>
      (await rows<{ n: number }>(`select count(*)::int as n from ${from}`))[0]!.n,
    later: async (seconds) => {
      const before = gateway().events('clock.confirmed').length
      clock.set(seconds)
      await tidied(before)
    },
    startLater: async (seconds) => {
      clock.set(seconds)
      await start()
      await tidied(0)
    },
    close: async () => {
      await client.end()
      await stage.close()
      await sandbox?.kill()
    },
  }
}
