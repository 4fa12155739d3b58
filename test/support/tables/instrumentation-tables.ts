import { Registry } from 'prom-client'

import { createMetrics } from '../../../src/telemetry/metrics.ts'

/** The table of metrics that docs/instrumentation.md shows, made from the metrics themselves. */
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
  return ['| metric | kind | labels | what |', '|---|---|---|---|', ...rows].join('\n')
}

const registry = new Registry()
