import { parseArgs } from 'node:util'

import { embeddedHome, serverHome } from '../support/databases/database.ts'
import { fuzzGateway } from '../support/fuzz/fuzz-gateway.ts'
import { faultLines, reportLines } from '../support/fuzz/report-text.ts'

/**
 * `npm run fuzz -- --requests 500000 --seed 7` makes half of the calls on each home: guide on the
 * embedded one, platform on the server. `--minutes 60` ends a home that takes longer. The counts
 * show how many calls it made.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: '4' },
    minutes: { type: 'string', default: '1440' },
    home: { type: 'string', default: 'embedded,server' },
  },
})
const kinds = values.home.split(',')
const seed = Number(values.seed)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

for (const home of [embeddedHome(), serverHome()]) {
  if (!kinds.includes(home.kind)) continue
  if (home.skip !== false) throw new Error(home.skip)
  const dialect = home.kind === 'embedded' ? 'guide' : 'platform'
  say(`== ${home.kind} home, ${dialect}, seed ${seed}`)
  try {
    const { report, leftBehind, tookMs, cpuMs } = await fuzzGateway(await home.fresh(), {
      dialect,
      requests: Math.ceil(Number(values.requests) / kinds.length),
      seed,
      workers: Number(values.workers),
      mostMs: Number(values.minutes) * 60_000,
      tell: say,
    })
    say(reportLines(report).join('\n'))
    say(
      `${Math.round(tookMs / 1000)} s; the gateway's processor time: ${Math.round(cpuMs / 1000)} s, this process': ${Math.round(process.cpuUsage().user / 1e6)} s`,
    )
    for (const line of [...faultLines(report), ...leftBehind]) {
      say(`FAULT ${line}`)
      process.exitCode = 1
    }
  } finally {
    await home.close()
  }
}
