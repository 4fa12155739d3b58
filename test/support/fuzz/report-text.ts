import type { Report } from './fuzz-run.ts'

const succeeded = (statuses: ReadonlyMap<number, number>): boolean =>
  [...statuses.keys()].some((status) => status >= 200 && status < 400)

/** A line an operation: how often it was called, and with what it answered. */
export const reportLines = ({ requests, statuses }: Report): string[] => {
  const rows = [...statuses].toSorted(([a], [b]) => a.localeCompare(b))
  return [
    `${requests} requests, ${rows.length} operations`,
    ...rows.map(([id, counts]) => {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const each = [...counts]
        .toSorted(([a], [b]) => a - b)
        .map(([status, count]) => `${status}: ${count}`)
      return `${id} ${total} (${each.join(', ')})${succeeded(counts) ? '' : ' NEVER ANSWERED'}`
    }),
  ]
}

/** Every fault with the smallest call that shows it. */
export const faultLines = ({ found }: Report): string[] =>
  found.map(
    ({ operation, check, about, times, curl, answer }) =>
      `${operation}: ${check}: ${about} (${times} times)\n    ${curl}\n    ${answer}`,
  )
