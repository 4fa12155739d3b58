import assert from 'node:assert/strict'
import { test } from 'node:test'

import { embeddedHome, serverHome } from '../support/databases/database.ts'
import { fuzzGateway } from '../support/fuzz/fuzz-gateway.ts'
import { faultLines, reportLines } from '../support/fuzz/report-text.ts'
import type { Dialect } from '../support/stages/stage.ts'

/**
 * Most calls go to the server home. The embedded database works in the gateway's process, and needs
 * three times as much processor time.
 */
const RUNS = [
  { home: embeddedHome(), dialect: 'guide', requests: 1_500 },
  { home: serverHome(), dialect: 'platform', requests: 12_500 },
] as const satisfies { home: object; dialect: Dialect; requests: number }[]

/**
 * The same calls each time. New calls are for `npm run fuzz`. Otherwise, the tests of a change
 * could fail because of an earlier change.
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
