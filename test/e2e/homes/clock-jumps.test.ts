import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { embeddedHome, serverHome } from '../../support/databases/database.ts'
import {
  createFakeClock,
  fakeClockSkip,
  whileServerStands,
} from '../../support/databases/fake-clock.ts'
import { metricOf } from '../../support/gateway/gateway-process.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const LISTS = ['demo-list-1', 'demo-list-2']
const ROWS = 400
/**
 * Time for the check of the clock, for a lease from before the jump, and for the polling of those
 * who wait.
 */
const WITHIN_MS = 40_000

const clockSkip = fakeClockSkip()
const clock = clockSkip === false ? createFakeClock({ atOnce: true }) : null
const server = serverHome({ env: clock?.env ?? {} })

const upload = async (gateway: RunningGateway, list: string, version: number): Promise<string> => {
  const { csv } = cleanFile({ rows: ROWS, prefix: list, version })
  const answer = await gateway.client.upload(list, csv)
  assert.equal(answer.status, 202, answer.text)
  return answer.body.id
}

const delivered = async (
  stage: Stage,
  gateway: RunningGateway,
  id: string,
  told = true,
): Promise<void> => {
  const ended = await gateway.client.finished(id, WITHIN_MS)
  assert.equal(ended.state, 'completed')
  assert.equal(ended.counts.delivered, ROWS)
  if (told) await stage.crm.message(({ data }) => data.uploadId === id)
}

/** What one jump and the way back must do. `set` moves the clock while the gateways work. */
const jumpAndReturn = async (
  stage: Stage,
  gateways: readonly [RunningGateway, ...RunningGateway[]],
  set: () => void,
  version: number,
  /**
   * Whether the CRM gets the message. A receiver refuses a message whose signed time differs from
   * its own clock.
   */
  told = true,
): Promise<void> => {
  const [first] = gateways
  const other = gateways.at(-1) ?? first
  stage.sandbox.setFaults([{ kind: 'slow', operation: 'bulk', delayMs: 100 }])
  const ids = await Promise.all(LISTS.map((list) => upload(first, list, version)))
  await Promise.any(
    gateways.map((one) =>
      one.event('batch.settled', (line) => ids.includes(String(line['uploadId']))),
    ),
  )
  set()
  for (const id of ids) await delivered(stage, first, id, told)
  stage.sandbox.setFaults([])
  for (const list of LISTS) {
    await delivered(stage, first, await upload(other, list, version + 1), told)
  }
  for (const { listId, overlappingRequests } of stage.sandbox.ledger().lists) {
    assert.equal(overlappingRequests, 0, `two requests at a time to ${listId}`)
  }
}

type Readyz = { ready: boolean; checks: { clock: { detail: string } } }

/** Checks that the gateway is ready. Returns what it says about the clock. */
const clockOf = async ({ client }: RunningGateway): Promise<string> => {
  const { body, status } = await client.call<Readyz>('/readyz')
  assert.equal(status, 200)
  return body.checks.clock.detail
}

/**
 * A gateway checks the clock every two seconds, so it may have done all deliveries before it finds
 * the jump. If it never says what is wanted, the test ends by its own time limit.
 */
const untilSaidOf = async (gateway: RunningGateway, wanted: RegExp): Promise<void> => {
  while (!wanted.test(await clockOf(gateway))) await delay(50)
}

/** The jumps that the gateways have reported, once there are `count`. */
const jumpsReported = async (gateways: readonly RunningGateway[], count: number) => {
  for (;;) {
    const jumps = gateways.flatMap((one) => one.events('clock.jumped'))
    if (jumps.length >= count) return jumps
    await delay(50)
  }
}

describe("The database's clock is set", { skip: server.skip || clockSkip }, () => {
  after(() => server.close())
  after(() => clock?.close())

  for (const [words, seconds] of [
    ['an hour back', -HOUR],
    ['an hour ahead', HOUR],
    ['a day back', -DAY],
    ['a day ahead', DAY],
    ['400 days ahead', 400 * DAY],
  ] as const) {
    it(`${words} and right again: deliveries go on, and it is said`, { timeout: 240_000 }, () =>
      whileServerStands(server.fresh, async (home) => {
        clock?.set(0)
        const stage = await setStage(home, 'guide')
        try {
          const env = { GENESYS_BATCH_ROWS: '20' }
          const gateways = [await stage.gateway(env), await stage.gateway(env)] as const
          await jumpAndReturn(stage, gateways, () => clock?.set(seconds), 1)
          const wrong = seconds < 0 ? 'behind' : 'ahead of'
          await untilSaidOf(gateways[0], new RegExp(`^in doubt: \\d+ s ${wrong} Genesys$`))
          const scrape = (await gateways[0].client.call('/metrics')).text
          assert.equal(metricOf(scrape, 'gateway_clock_unconfirmed'), 1)
          await jumpAndReturn(stage, gateways, () => clock?.set(0), 3)
          await gateways[0].event('clock.confirmed')
          await untilSaidOf(gateways[0], /^steady$/)
          // Each jump was reported once, by whichever gateway found it.
          const jumps = await jumpsReported(gateways, 2)
          assert.deepEqual(
            jumps.map(({ of }) => of),
            ['database', 'database'],
          )
          assert.equal(jumps.filter(({ byMs }) => Number(byMs) < 0).length, 1)
        } finally {
          await stage.close()
        }
      }),
    )
  }

  it(
    'an hour back while nobody runs: the next start takes up what a kill left',
    { timeout: 240_000 },
    () =>
      whileServerStands(server.fresh, async (home) => {
        clock?.set(0)
        const stage = await setStage(home, 'guide')
        try {
          stage.sandbox.setFaults([{ kind: 'slow', operation: 'bulk', delayMs: 100 }])
          const doomed = await stage.gateway({ GENESYS_BATCH_ROWS: '20' })
          const ids = await Promise.all(LISTS.map((list) => upload(doomed, list, 1)))
          await doomed.event('batch.settled')
          await doomed.kill()
          clock?.set(-HOUR)
          const heir = await stage.gateway({ GENESYS_BATCH_ROWS: '20' })
          for (const id of ids) await delivered(stage, heir, id)
          assert.equal((await jumpsReported([heir], 1)).length, 1)
        } finally {
          await stage.close()
        }
      }),
  )
})

describe(
  "A gateway's own clock is set, and its embedded database's with it",
  { skip: clockSkip },
  () => {
    const home = embeddedHome()
    after(() => home.close())

    for (const [words, seconds] of [
      ['an hour back', -HOUR],
      ['400 days ahead', 400 * DAY],
    ] as const) {
      it(`${words} and right again: deliveries go on`, { timeout: 240_000 }, async () => {
        const own = createFakeClock({ atOnce: true })
        const stage = await setStage(await home.fresh(), 'guide')
        try {
          const gateways = [await stage.gateway({ GENESYS_BATCH_ROWS: '100', ...own.env })] as const
          await jumpAndReturn(stage, gateways, () => own.set(seconds), 1, false)
          await jumpAndReturn(stage, gateways, () => own.set(0), 3)
          await gateways[0].event('clock.confirmed')
          assert.equal((await jumpsReported(gateways, 2)).length, 2)
        } finally {
          await stage.close()
          own.close()
        }
      })
    }
  },
)
