import assert from 'node:assert/strict'
import { test } from 'node:test'

import { embeddedHome, serverHome } from '../support/databases/database.ts'
import { fuzzGateway } from '../support/fuzz/fuzz-gateway.ts'
import { faultLines, reportLines } from '../support/fuzz/report-text.ts'
import type { Dialect } from '../support/stages/stage.ts'

/**
 * Most go to the server home: the embedded database answers in this process' stead, and costs three
 * times as much of the processor.
 */
const RUNS = [
  { home: embeddedHome(), dialect: 'guide', requests: 1_500 },
  { home: serverHome(), dialect: 'platform', requests: 18_500 },
] as const satisfies { home: object; dialect: Dialect; requests: number }[]

/**
 * The same calls each time: new ones are for `npm run fuzz`, or the tests of a change would go red
 * for what another one did.
 */
const SEED = 15

for (const { home, dialect, requests } of RUNS) {
  test(
    `${requests} calls made of the API document find no fault, on the ${home.kind} home, in ${dialect}`,
    { skip: home.skip },
    async (t) => {
      t.diagnostic(`npm run fuzz -- --seed ${SEED} --requests ${requests} --home ${home.kind}`)
      try {
        const { report, leftBehind } = await fuzzGateway(await home.fresh(), {
          dialect,
          requests,
          seed: SEED,
          workers: 4,
        })
        for (const line of reportLines(report)) t.diagnostic(line)
        assert.deepEqual([...faultLines(report), ...leftBehind], [])
        assert.ok(report.requests >= requests)
      } finally {
        await home.close()
      }
    },
  )
}
