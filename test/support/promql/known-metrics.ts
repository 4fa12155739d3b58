import { collectDefaultMetrics, Registry } from 'prom-client'

import { createMetrics } from '../../../src/telemetry/metrics.ts'
import { readPromql } from './promql.ts'

/** Labels that Prometheus itself adds to the metrics that it scrapes. */
const ADDED = ['job', 'instance']

/** Every series name that a gateway exposes, with its labels. */
const knownSeries = (): Map<string, readonly string[]> => {
  const registry = new Registry()
  createMetrics(registry)
  collectDefaultMetrics({ register: registry })
  const known = new Map<string, readonly string[]>([['up', ADDED]])
  for (const metric of registry.getMetricsAsArray()) {
    const { name, labelNames = [] } = metric as { name: string; labelNames?: string[] }
    const labels = [...ADDED, ...labelNames]
    if (metric.constructor.name !== 'Histogram') known.set(name, labels)
    else {
      known.set(`${name}_bucket`, [...labels, 'le'])
      for (const part of ['sum', 'count']) known.set(`${name}_${part}`, labels)
    }
  }
  return known
}

const KNOWN = knownSeries()

/**
 * The metrics and labels in an expression that no gateway has. Throws if the expression is not
 * PromQL.
 */
export const unknownNames = (expr: string): string[] => {
  const { selectors, groupings, matching } = readPromql(expr)
  const all = new Set(selectors.flatMap(({ name }) => KNOWN.get(name) ?? []))
  return [
    ...selectors.filter(({ name }) => !KNOWN.has(name)).map(({ name }) => name),
    ...selectors.flatMap(({ name, matchers }) =>
      matchers
        .filter(({ label }) => !(KNOWN.get(name) ?? []).includes(label))
        .map(({ label }) => `${name}{${label}}`),
    ),
    ...[...groupings.flat(), ...matching].filter((label) => !all.has(label)),
  ]
}
