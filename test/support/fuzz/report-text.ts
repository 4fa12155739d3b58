import type { Found, Report } from './fuzz-run.ts'

const succeeded = (statuses: ReadonlyMap<number, number>): boolean =>
  [...statuses.keys()].some((status) => status >= 200 && status < 400)

/**
 * One line for each operation: how often it was called, which answers it gave, and how slow the
 * slowest was.
 */
export const reportLines = ({ requests, statuses, slowestMs }: Report): string[] => {
  const rows = [...statuses].toSorted(([a], [b]) => a.localeCompare(b))
  return [
    `${requests} requests, ${rows.length} operations`,
    ...rows.map(([id, counts]) => {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const each = [...counts]
        .toSorted(([a], [b]) => a - b)
        .map(([status, count]) => `${status}: ${count}`)
      return `${id} ${total} (${each.join(', ')}), at most ${Math.round(slowestMs.get(id) ?? 0)} ms${succeeded(counts) ? '' : ' NEVER ANSWERED'}`
    }),
  ]
}

/** A fault with the smallest call that shows it. */
export const faultLine = ({ operation, check, about, times, curl, answer }: Found): string =>
  `${operation}: ${check}: ${about} (${times} times)\n    ${curl}\n    ${answer}`

export const faultLines = ({ found }: Report): string[] => found.map(faultLine)
