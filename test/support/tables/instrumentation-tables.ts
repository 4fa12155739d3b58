import { Registry } from 'prom-client'

import { createMetrics } from '../../../src/telemetry/metrics.ts'

/** The table of metrics for docs/instrumentation.md, made from the metrics themselves. */
export const metricTable = (): string => {
  createMetrics(registry)
  const rows = registry
    .getMetricsAsArray()
    .map((metric) => {
      const {
        name,
        help,
        labelNames = [],
      } = metric as { name: string; help: string; labelNames?: string[] }
      const kind = metric.constructor.name.toLowerCase()
      return `| \`${name}\` | ${kind} | ${labelNames.map((label) => `\`${label}\``).join(', ') || '–'} | ${help} |`
    })
    .toSorted()
  return ['| metric | kind | labels | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

const registry = new Registry()
