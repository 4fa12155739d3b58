import { analyseSegment } from '../src/domain/segments/analysis/analyse.ts'
import { placeRules } from '../src/domain/segments/placed.ts'
import type { Leaf, SegmentNode, SegmentRules } from '../src/domain/segments/segment.ts'
import { compileGuideSegment } from '../src/genesys/guide/segment-rules.ts'
import { seededRandom } from '../src/lib/seeded-random.ts'
import type { StoreHome } from '../src/store/homes/open-store.ts'
import type { TestHome } from '../test/support/databases/database.ts'
import { cleanFile } from '../test/support/stages/contact-file.ts'
import { setStage } from '../test/support/stages/stage.ts'
import { measured, startProbe, WEBHOOK_SECRET, type ByRoute } from './latency-bench.ts'
import { type Report, whole } from './report.ts'

type Rules = Pick<SegmentRules, 'conditions' | 'exclusions'>

const LIST = 'demo-contacts'
const CAMPAIGN = 'demo-campaign'
const RUNS = 200
const COUNTED = 200_000
/** The targets at p99. They equal the targets for calls while an upload streams in. */
const TARGET_MS = { server: 50, embedded: 150 } as const

const of = (attribute: string, operator: '=' | '<' | '>=', value: string | number): Leaf => ({
  ...{ attribute, operator, value },
})

/** Ten rules over six columns, as people write them. */
const TEN: Rules = {
  conditions: {
    all: [
      { attribute: 'age', operator: 'between', min: 25, max: 55 },
      { attribute: 'region', operator: 'in', values: ['NW', 'CA', 'TX'] },
      { any: [of('tier', '=', 'gold'), of('score', '>=', 70), of('visits', '>=', 3)] },
      { not: of('tier', '=', 'basic') },
      of('score', '>=', 20),
    ],
  },
  exclusions: [
    of('do_not_call', '=', 'true'),
    of('visits', '>=', 100),
    { all: [of('region', '=', 'TX'), of('age', '<', 30)] },
  ],
}

/** Rules with this many comparisons, in a form whose decision diagram becomes very large. */
const hard = (comparisons: number, columns: number): Rules => {
  const random = seededRandom(7)
  const clause = (): SegmentNode => ({
    any: Array.from({ length: 4 }, () =>
      of(
        `c${Math.floor(random() * columns)}`,
        random() < 0.5 ? '<' : '>=',
        Math.floor(random() * 1000),
      ),
    ),
  })
  return {
    conditions: { all: Array.from({ length: comparisons / 4 }, clause) },
    exclusions: [],
  }
}

const timed = (rules: Rules, runs: number) => {
  const ms: number[] = []
  let found = 0
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now()
    const { findings, simplified } = analyseSegment(placeRules(rules, []), {
      ...{ reading: 'positive', nowMs: 0, monotonicMs: () => performance.now() },
    })
    compileGuideSegment(simplified, ['list'])
    ms.push(performance.now() - startedAt)
    found = findings.length
  }
  const sorted = ms.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { first: ms[0] ?? 0, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0, found }
}

const benchAnalysis = (report: Report, quick: boolean): void => {
  report.heading('Segments: understanding a definition')
  const cases = [
    { name: '10 rules, 6 columns', rules: TEN, runs: RUNS, targetMs: 5 },
    {
      name: '200 comparisons, 8 columns',
      rules: hard(200, 8),
      runs: quick ? 5 : 20,
      targetMs: 250,
    },
    {
      name: '200 comparisons, 40 columns',
      rules: hard(200, 40),
      runs: quick ? 5 : 20,
      targetMs: 250,
    },
  ]
  const rows = cases.map(({ name, rules, runs, targetMs }) => {
    const figures = timed(rules, runs)
    const measuredMs = figures.p50
    report.judge({
      ...{ figure: `segment, ${name}`, target: `${targetMs} ms` },
      ...{ measured: `${measuredMs.toFixed(1)} ms`, met: measuredMs <= targetMs },
    })
    const { first, p50, p99, max } = figures
    return [name, ...[first, p50, p99, max].map((one) => one.toFixed(2)), whole(figures.found)]
  })
  report.table(['', 'first ms', 'p50', 'p99', 'max', 'findings'], rows)
}

type CountingFigures = { home: StoreHome['kind']; ms: number[]; total: number; probe: ByRoute }

const measureCounting = async (home: StoreHome, contacts: number): Promise<CountingFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const { client, address } = await stage.gateway({ WEBHOOK_SECRET, LOG_LEVEL: 'info' })
    const { body } = await client.upload(LIST, cleanFile({ rows: contacts }).csv)
    await client.until(body.id, ({ state }) => state === 'completed', 15 * 60_000)
    const definition = JSON.stringify({
      contactListIds: [LIST],
      conditions: { not: { attribute: 'lastName', operator: '=', value: 'Test' } },
      exclusions: [{ attribute: 'city', operator: 'in', values: ['Boston', 'Chicago'] }],
    })
    const ms: number[] = []
    let total = 0
    const probe = startProbe(address)
    try {
      const figures = await measured(probe, async () => {
        for (let run = 0; run < 3; run += 1) {
          const startedAt = performance.now()
          const answer = await client.call<{ analysis: { matches: { total: number } } }>(
            `/v1/campaigns/${CAMPAIGN}/segment/preview`,
            { method: 'POST', headers: { 'content-type': 'application/json' }, body: definition },
          )
          if (answer.status !== 200) throw new Error(answer.text)
          ms.push(performance.now() - startedAt)
          total = answer.body.analysis.matches.total
        }
      })
      return { home: home.kind, ms, total, probe: figures }
    } finally {
      probe.kill()
    }
  } finally {
    await stage.close()
  }
}

/**
 * Measures what it costs to check a definition, and how long other calls take while the gateway
 * counts the contacts of a segment.
 */
export const benchSegments = async (
  report: Report,
  places: readonly TestHome[],
  quick: boolean,
): Promise<void> => {
  benchAnalysis(report, quick)
  report.heading('Segments: counting over delivered contacts')
  const rows: string[][] = []
  for (const home of places) {
    const { ms, total, probe } = await measureCounting(await home.fresh(), quick ? 20_000 : COUNTED)
    const { p50, p99, max } = probe['/livez']
    const targetMs = TARGET_MS[home.kind]
    report.judge({
      ...{ figure: `/livez while a segment is counted, ${home.kind}`, target: `${targetMs} ms` },
      ...{ measured: `${p99.toFixed(0)} ms`, met: p99 <= targetMs },
    })
    rows.push([
      home.kind,
      whole(total),
      ...ms.map(whole),
      ...[p50, p99, max].map((one) => one.toFixed(1)),
    ])
  }
  report.table(['', 'contacts', 'preview ms', 'again', 'again', '/livez p50', 'p99', 'max'], rows)
}
