import type { ReadFigures } from '../measured-child.ts'
import { type Report, times, whole } from '../report.ts'
import { TARGETS } from '../upload-tables.ts'
import type { FileCase, FileFigures } from './files-bench.ts'

const CASES = ['first', 'dirty', 'planned'] as const

/**
 * What the obvious pipeline took for the same rows. The pipeline has no register and makes no plan.
 * The table compares the plan with the pipeline's figures for the dirty file.
 */
export type ObviousFiles = Record<Exclude<FileCase, 'planned'>, ReadFigures>

const rateOf = ({ rows, cpuSeconds }: { rows: number; cpuSeconds: number }): number =>
  rows / cpuSeconds

export const showFiles = (
  report: Report,
  obvious: ObviousFiles,
  runs: readonly FileFigures[],
): void => {
  report.heading('The first file of a process: plain, dirty, and with a plan')
  const lines = [
    ...(['first', 'dirty'] as const).map((name) => ({
      name: `obvious, ${name}`,
      of: obvious[name],
      database: null as number | null,
      ratio: 1,
    })),
    ...runs.flatMap(({ home, received }) =>
      CASES.map((name) => ({
        name: `${home}, ${name}`,
        of: received[name],
        database: received[name].database?.cpuSeconds ?? null,
        ratio: rateOf(received[name]) / rateOf(obvious[name === 'first' ? 'first' : 'dirty']),
      })),
    ),
  ]
  report.table(
    ['', 'rows', 'CPU s', 'wall s', 'CPU µs a row', 'database CPU s', '× obvious'],
    lines.map(({ name, of, database, ratio }) => [
      name,
      whole(of.rows),
      of.cpuSeconds.toFixed(2),
      of.wallSeconds.toFixed(1),
      ((of.cpuSeconds / of.rows) * 1e6).toFixed(2),
      database === null ? '-' : database.toFixed(2),
      ratio.toFixed(2),
    ]),
  )
  report.table(
    ['after a first small file', 'resident MiB', 'peak MiB'],
    runs.map(({ home, smallFile }) => [
      home,
      whole(smallFile.residentMiB),
      whole(smallFile.peakMiB),
    ]),
  )
  for (const { home, received } of runs) {
    for (const name of CASES) {
      const ratio = rateOf(received[name]) / rateOf(obvious[name === 'first' ? 'first' : 'dirty'])
      const target = TARGETS[home].timesObvious
      report.judge({
        figure: `${name} file of a process against the obvious pipeline, ${home}`,
        target: `≥ ${target} ×`,
        measured: times(ratio),
        met: ratio >= target,
      })
    }
  }
}
