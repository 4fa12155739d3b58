import type { TestHome } from '../../test/support/databases/database.ts'
import { ADMIN_KEY } from '../../test/support/gateway/gateway-process.ts'
import { setStage } from '../../test/support/stages/stage.ts'
import { type Report, whole } from '../report.ts'
import { costOf, forgetPeak, startWarm } from '../upload-bench.ts'

/**
 * The target: how many entries the gateway accepts for each second of its processor time, up to the
 * 202. The report shows the time of the database separately.
 */
const ENTRIES_PER_CPU_SECOND = 100_000
const BLOCK_ENTRIES = 4_096

/**
 * This many different numbers, as a CRM exports them. Every tenth number has a reason, and every
 * second number is formatted for people.
 */
async function* entryFile(entries: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('phoneNumber,reason,source\n')
  for (let from = 0; from < entries; from += BLOCK_ENTRIES) {
    const lines = Array.from({ length: Math.min(BLOCK_ENTRIES, entries - from) }, (_, at) => {
      const digits = String(2_000_000 + ((from + at) % 7_000_000))
      const area = 201 + (from + at) / 7_000_000
      const number = `${Math.floor(area)}${digits}`
      const written = at % 2 === 0 ? `+1${number}` : `+1 (${number.slice(0, 3)}) ${number.slice(3)}`
      return `${written},${at % 10 === 0 ? 'CUSTOMER_REQUEST' : ''},crm`
    })
    yield Buffer.from(`${lines.join('\n')}\n`)
  }
}

type Submission = { id: string; counts: { read: number; accepted: number; rejected: number } }

/**
 * Submits a file of this many entries. Resolves with the 202. From then on, all entries suppress.
 */
export const submitEntries = async (
  address: string,
  entries: number,
  file: AsyncIterable<Uint8Array> = entryFile(entries),
): Promise<Submission> => {
  const answer = await fetch(`${address}/v1/dnc-lists/bench-dnc/entries`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      'content-type': 'text/csv',
      'idempotency-key': `bench-${entries}`,
    },
    body: ReadableStream.from(file),
    duplex: 'half',
  })
  if (answer.status !== 202) throw new Error(`Answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Submission
}

const measureEntries = async (home: TestHome, entries: number) => {
  const place = await home.fresh()
  const stage = await setStage(place, 'guide')
  try {
    const gateway = await startWarm(stage)
    await submitEntries(gateway.address, 20_000)
    const idleMiB = gateway.residentMiB()
    forgetPeak(gateway.pid)
    const { result, cost } = await costOf(gateway, place, () =>
      submitEntries(gateway.address, entries),
    )
    return { kind: place.kind, ...result.counts, cost, idleMiB, peakMiB: gateway.peakMiB() }
  } finally {
    await stage.close()
  }
}

/**
 * Measures submissions of do-not-call entries from the first byte to the 202. From the 202 on, all
 * entries suppress.
 */
export const benchEntries = async (
  report: Report,
  homes: readonly TestHome[],
  most: number,
): Promise<void> => {
  report.heading('Do-not-call: entries submitted')
  const rows: string[][] = []
  for (const home of homes) {
    for (const entries of [Math.ceil(most / 4), most]) {
      const { kind, read, accepted, cost, idleMiB, peakMiB } = await measureEntries(home, entries)
      const perSecond = read / cost.cpuSeconds
      const database = cost.database === null ? '–' : cost.database.cpuSeconds.toFixed(1)
      rows.push([
        ...[kind, whole(read), whole(accepted), cost.cpuSeconds.toFixed(1), database],
        ...[cost.wallSeconds.toFixed(1), whole(perSecond), whole(idleMiB), whole(peakMiB)],
      ])
      if (entries !== most) continue
      report.judge({
        figure: `entries submitted, ${kind}`,
        target: `${whole(ENTRIES_PER_CPU_SECOND)} a CPU second`,
        measured: whole(perSecond),
        met: perSecond >= ENTRIES_PER_CPU_SECOND,
      })
    }
  }
  report.table(
    [
      '',
      'entries',
      'accepted',
      'CPU s',
      'of PostgreSQL',
      'wall s',
      'a CPU s',
      'idle MiB',
      'peak MiB',
    ],
    rows,
  )
}
