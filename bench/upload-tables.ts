import type { LanesFigures } from './lanes-bench.ts'
import type { LatencyFigures } from './latency-bench.ts'
import type { ReadFigures } from './measured-child.ts'
import { percent, type Report, times, whole } from './report.ts'
import type { UploadFigures } from './upload-bench.ts'

/** The targets of the design's section 10, by home. */
export const TARGETS = {
  server: { timesObvious: 10, overIdleMiB: 150, p99Ms: 50 },
  embedded: { timesObvious: 5, overIdleMiB: 300, p99Ms: 150 },
} as const
/**
 * The time counts as linear if a row of the largest file takes at most this many times as long as a
 * row of the smallest file.
 */
const LINEAR_WITHIN = 1.25

export type Reading = { name: string; figures: ReadFigures }

const rateOf = ({ rows, cpuSeconds }: { rows: number; cpuSeconds: number }): number =>
  rows / cpuSeconds

const READ_HEAD = ['', 'rows', 'CPU s', 'wall s', 'rows / CPU s']

/**
 * Shows what it costs the yardsticks and the gateway to read the same file. `yardsticks[0]` is the
 * obvious pipeline, and the others are parsers alone.
 */
export const showReading = (
  report: Report,
  yardsticks: readonly Reading[],
  uploads: readonly UploadFigures[],
): void => {
  report.heading('CSV bytes to staged chunks over HTTP')
  const sides = [
    ...yardsticks,
    ...uploads.flatMap(({ home, rows, received, receivedAgain }) => [
      { name: `gateway, ${home}, first file`, figures: { rows, ...received } },
      ...(receivedAgain === null
        ? []
        : [{ name: `gateway, ${home}, third file`, figures: { rows, ...receivedAgain } }]),
    ]),
  ]
  report.table(
    [...READ_HEAD, ...yardsticks.map(({ name }) => `× ${name}`)],
    sides.map(({ name, figures }) => [
      name,
      whole(figures.rows),
      figures.cpuSeconds.toFixed(2),
      figures.wallSeconds.toFixed(1),
      whole(rateOf(figures)),
      ...yardsticks.map((yardstick) => (rateOf(figures) / rateOf(yardstick.figures)).toFixed(2)),
    ]),
  )
  for (const { home, rows, received, receivedAgain } of uploads) {
    const ratio = rateOf({ rows, ...(receivedAgain ?? received) }) / rateOf(yardsticks[0]!.figures)
    const target = TARGETS[home].timesObvious
    report.judge({
      figure: `rows per CPU second against the obvious pipeline, ${home}`,
      target: `≥ ${target} ×`,
      measured: times(ratio),
      met: ratio >= target,
    })
  }
}

/** One line for each size and home: the time for a row, and the memory. */
export const showSizes = (report: Report, uploads: readonly UploadFigures[]): void => {
  report.heading('Size: time and memory')
  const microseconds = ({ rows, received }: UploadFigures): number =>
    (received.cpuSeconds / rows) * 1e6
  report.table(
    [
      '',
      'rows',
      'wall s',
      'CPU µs a row',
      'idle MiB',
      'over idle, receiving',
      'over idle, to the end',
    ],
    uploads.map((upload) => [
      upload.home,
      whole(upload.rows),
      upload.received.wallSeconds.toFixed(1),
      microseconds(upload).toFixed(2),
      whole(upload.idleMiB),
      whole(upload.receivingMiB - upload.idleMiB),
      upload.deliveredMiB === null ? '-' : whole(upload.deliveredMiB - upload.idleMiB),
    ]),
  )
  for (const home of ['server', 'embedded'] as const) {
    const own = uploads.filter((upload) => upload.home === home)
    for (const { rows, idleMiB, receivingMiB, deliveredMiB } of own) {
      const over = Math.max(receivingMiB, deliveredMiB ?? 0) - idleMiB
      report.judge({
        figure: `memory over idle, ${whole(rows)} rows, ${home}`,
        target: `≤ ${TARGETS[home].overIdleMiB} MiB`,
        measured: `${whole(over)} MiB`,
        met: over <= TARGETS[home].overIdleMiB,
      })
    }
    const [first, last] = [own.at(0), own.at(-1)]
    if (!first || !last || first === last) continue
    const growth = microseconds(last) / microseconds(first)
    report.judge({
      figure: `CPU a row, ${whole(last.rows)} rows against ${whole(first.rows)}, ${home}`,
      target: `≤ ${LINEAR_WITHIN} ×`,
      measured: `${growth.toFixed(2)} ×`,
      met: growth <= LINEAR_WITHIN,
    })
  }
}

export const showDatabase = (report: Report, uploads: readonly UploadFigures[]): void => {
  report.heading('The cost for the database, and delivery without a pace')
  const lines = uploads.flatMap(({ home, rows, accepted, received, delivered }) =>
    [
      { name: `receiving, ${home}`, of: rows, cost: received },
      ...(delivered === null
        ? []
        : [{ name: `delivering, ${home}`, of: accepted, cost: delivered }]),
    ].map(({ name, of, cost: { cpuSeconds, wallSeconds, database } }) => [
      name,
      whole(of),
      wallSeconds.toFixed(1),
      whole(of / wallSeconds),
      whole(of / cpuSeconds),
      database === null ? '-' : whole(of / database.cpuSeconds),
      database === null ? '-' : whole(database.chunkBytes / of),
      database === null ? '-' : whole(database.registerBytes / of),
      database === null ? '-' : whole(database.walBytes / of),
      database === null ? '-' : whole(database.connections),
    ]),
  )
  const head = ['', 'rows', 'wall s', 'rows / s', 'rows / CPU s, gateway', 'rows / CPU s, database']
  report.table(
    [...head, 'chunk bytes a row', 'register bytes a row', 'WAL bytes a row', 'connections'],
    lines,
  )
}

export const showLatency = (report: Report, runs: readonly LatencyFigures[]): void => {
  report.heading('Answers while a large upload streams in')
  const lines = runs.flatMap(({ home, quiet, streaming, streamingSeconds }) =>
    (['/livez', '/webhook/genesys-upload'] as const).flatMap((route) =>
      [
        { name: `${route}, ${home}, quiet`, seconds: '', of: quiet[route] },
        {
          name: `${route}, ${home}, streaming`,
          seconds: streamingSeconds.toFixed(0),
          of: streaming[route],
        },
      ].map(({ name, seconds, of }) => [
        name,
        seconds,
        whole(of.answers),
        whole(of.failed),
        of.p50.toFixed(1),
        of.p99.toFixed(1),
        of.max.toFixed(1),
      ]),
    ),
  )
  report.table(['', 'seconds', 'answers', 'failed', 'p50 ms', 'p99 ms', 'max ms'], lines)
  for (const { home, streaming } of runs) {
    for (const route of ['/livez', '/webhook/genesys-upload'] as const) {
      const { p99, failed } = streaming[route]
      report.judge({
        figure: `${route}, p99 while streaming, ${home}`,
        target: `≤ ${TARGETS[home].p99Ms} ms`,
        measured: failed > 0 ? `${p99.toFixed(1)} ms, ${failed} failed` : `${p99.toFixed(1)} ms`,
        met: p99 <= TARGETS[home].p99Ms && failed === 0,
      })
    }
  }
}

export const showLanes = (report: Report, runs: readonly LanesFigures[]): void => {
  report.heading('Small uploads, one a list, without a pace')
  report.table(
    ['', 'instances', 'uploads', 'seconds', 'uploads / s', 'connections'],
    runs.map(({ home, instances, uploads, seconds, database }) => [
      home,
      whole(instances),
      whole(uploads),
      seconds.toFixed(1),
      (uploads / seconds).toFixed(1),
      database === null ? '-' : whole(database.connections),
    ]),
  )
}

/**
 * Compares the figures with the targets for a gateway with enough busy lists: it uses 95 % of the
 * pace, and gets no 429.
 */
export const judgePace = (
  report: Report,
  { name, utilisation, throttled }: { name: string; utilisation: number; throttled: number },
): void => {
  report.judge({
    figure: `pace used, ${name}`,
    target: '≥ 95 %, no 429',
    measured: `${percent(utilisation)}, ${throttled} × 429`,
    met: utilisation >= 0.95 && throttled === 0,
  })
}
