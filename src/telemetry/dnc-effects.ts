import type { GatewayEvents } from './events.ts'
import type { Metrics } from './metrics.ts'

/** How events change metrics. */
export type Effects = {
  [Name in keyof GatewayEvents]?: (metrics: Metrics, fields: GatewayEvents[Name]) => void
}

/** How events of do-not-call entries change metrics. */
export const DNC_EFFECTS: Effects = {
  'dnc.looked_up': (metrics, { durationMs }) => metrics.dncLookUp.observe(durationMs / 1000),
  'dnc.settled': (metrics, { kind, created, existing, updated, removed, notFound, failed }) => {
    const outcomes = { created, existing, updated, removed, notFound, failed }
    for (const [outcome, count] of Object.entries(outcomes)) {
      metrics.dncEntries.inc({ kind, outcome }, count)
    }
  },
  'dnc.tallies_differ': (metrics) => metrics.dncTalliesDiffer.inc(),
  'dnc.retracted': (metrics, { outcome, contacts }) =>
    metrics.dncRetracted.inc({ outcome }, contacts),
  'dnc.accepted': (metrics, { kind, rejections, ...counts }) => {
    const { accepted, rejected, quarantined, duplicates, blank } = counts
    const outcomes = { accepted, rejected, quarantined, duplicates, blank }
    for (const [outcome, count] of Object.entries(outcomes)) {
      metrics.dncEntries.inc({ kind, outcome }, count)
    }
    for (const [code, count] of Object.entries(rejections))
      metrics.dncRejections.inc({ code }, count)
  },
}
