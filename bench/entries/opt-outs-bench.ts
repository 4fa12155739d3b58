import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import type { TestHome } from '../../test/support/databases/database.ts'
import { ADMIN_KEY } from '../../test/support/gateway/gateway-process.ts'
import { type RunningGateway, setStage, type Stage } from '../../test/support/stages/stage.ts'
import { writeContactFile } from '../contact-files.ts'
import { type Report, whole } from '../report.ts'
import { bodyOf, type Cost, costOf, forgetPeak, startWarm } from '../upload-bench.ts'

/**
 * The target at p99, while large uploads are being delivered: the time from the 202 of one opt-out
 * until Genesys has the opt-out.
 */
const WITHIN_MS = 2_000
const UPLOADS = 5
const OPT_OUTS = 100
const EVERY_MS = 1_000
const LOOK_MS = 5
const POLL_MS = 250
const LIST = 'bench-opt-outs'

const post = async (gateway: RunningGateway, path: string, key: string, body?: object) => {
  const answer = await fetch(`${gateway.address}/v1/dnc-lists/${LIST}/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      'idempotency-key': key,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (answer.status !== 202) throw new Error(`Answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as { id: string }
}

/** Sends this many single opt-outs. Returns the milliseconds until Genesys has each of them. */
const optOut = async (
  stage: Stage,
  gateway: RunningGateway,
  area: number,
  count: number,
): Promise<number[]> => {
  const took: Promise<number>[] = []
  const there = (phoneNumber: string): boolean =>
    phoneNumber in stage.sandbox.dncList(LIST).entries.phone
  for (let n = 0; n < count; n += 1) {
    const phoneNumber = `+1${area}555${String(1_000 + n)}`
    await post(gateway, 'entries', `opt-out-${area}-${n}`, [{ phoneNumber }])
    const from = performance.now()
    took.push(
      (async () => {
        while (!there(phoneNumber)) await delay(LOOK_MS)
        return performance.now() - from
      })(),
    )
    await delay(EVERY_MS)
  }
  return Promise.all(took)
}

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!

const measureOptOuts = async (home: StoreHome, file: string, count: number) => {
  const stage = await setStage(home, 'guide')
  try {
    stage.sandbox.makeDncList({ id: LIST, name: LIST })
    const gateway = await startWarm(stage)
    const idle = await optOut(stage, gateway, 212, Math.ceil(count / 10))
    for (let n = 1; n <= UPLOADS; n += 1) {
      const { status, text } = await gateway.client.upload(`demo-list-${n}`, bodyOf(file), {
        query: '',
      })
      if (status !== 202) throw new Error(`Answered ${status}: ${text}`)
    }
    return { kind: home.kind, idle, beside: await optOut(stage, gateway, 213, count) }
  } finally {
    await stage.close()
  }
}

const done = async (gateway: RunningGateway, id: string): Promise<{ created: number }> => {
  for (;;) {
    const { text } = await gateway.client.call(`/v1/dnc-submissions/${id}`)
    const { state, counts } = JSON.parse(text) as { state: string; counts: { created: number } }
    if (state === 'held') throw new Error(text)
    if (state !== 'applying') return counts
    await delay(POLL_MS)
  }
}

/** Measures a pull of this many entries that were added inside Genesys. */
const measurePull = async (
  home: StoreHome,
  entries: number,
): Promise<{ kind: string; entries: number; cost: Cost; idleMiB: number; peakMiB: number }> => {
  const stage = await setStage(home, 'platform')
  try {
    stage.sandbox.makeDncList({ id: LIST, name: LIST })
    const numbers = Array.from({ length: entries }, (_, n) => `+1${2_122_000_000 + n}`)
    stage.sandbox.changeAsAgent(LIST, { add: numbers })
    const gateway = await startWarm(stage)
    const idleMiB = gateway.residentMiB()
    forgetPeak(gateway.pid)
    const { result, cost } = await costOf(gateway, home, async () => {
      const { id } = await post(gateway, 'pull', 'pull-1')
      return done(gateway, id)
    })
    if (result.created !== entries)
      throw new Error(`${result.created} of ${entries} were taken over`)
    return { kind: home.kind, entries, cost, idleMiB, peakMiB: gateway.peakMiB() }
  } finally {
    await stage.close()
  }
}

/** Measures how soon one opt-out is in Genesys while large uploads are being delivered. */
export const benchOptOuts = async (
  report: Report,
  homes: readonly TestHome[],
  about: { directory: string; rows: number; quick: boolean },
): Promise<void> => {
  report.heading('Do-not-call: single opt-outs beside large uploads')
  const file = join(about.directory, 'opt-outs.csv')
  await writeContactFile(file, about.rows)
  const rows: string[][] = []
  for (const home of homes) {
    const count = about.quick ? 5 : OPT_OUTS
    const { kind, idle, beside } = await measureOptOuts(await home.fresh(), file, count)
    for (const [name, took] of [
      ['idle', idle],
      [`beside ${UPLOADS} uploads`, beside],
    ] as const) {
      rows.push([
        ...[`${kind}, ${name}`, whole(took.length)],
        ...[whole(at(took, 0.5)), whole(at(took, 0.99)), whole(Math.max(...took))],
      ])
    }
    report.judge({
      figure: `an opt-out reaches Genesys beside ${UPLOADS} uploads of ${whole(about.rows)}, ${kind}`,
      target: `p99 ≤ ${whole(WITHIN_MS)} ms`,
      measured: `${whole(at(beside, 0.99))} ms`,
      met: at(beside, 0.99) <= WITHIN_MS,
    })
  }
  report.table(['', 'opt-outs', 'p50 ms', 'p99 ms', 'most ms'], rows)
  await rm(file)
}

/**
 * Measures the pull of a list with this many entries, and of a list with a quarter of this number.
 */
export const benchPulls = async (
  report: Report,
  homes: readonly TestHome[],
  most: number,
): Promise<void> => {
  report.heading('Do-not-call: pulls')
  const pulls: string[][] = []
  for (const home of homes) {
    for (const entries of [Math.ceil(most / 4), most]) {
      const { kind, cost, idleMiB, peakMiB } = await measurePull(await home.fresh(), entries)
      pulls.push([
        ...[kind, whole(entries), cost.cpuSeconds.toFixed(1)],
        ...[cost.database?.cpuSeconds.toFixed(1) ?? '–', cost.wallSeconds.toFixed(1)],
        ...[whole(idleMiB), whole(peakMiB)],
      ])
    }
  }
  report.table(['', 'entries', 'CPU s', 'of PostgreSQL', 'wall s', 'idle MiB', 'peak MiB'], pulls)
}
