import type { WebhookEndpoint } from '../../domain/endpoints/webhook-endpoint.ts'
import {
  FINAL_STATES,
  holdNeedsPerson,
  type Upload,
  UPLOAD_STATES,
} from '../../domain/uploads/upload.ts'
import { HOUR_SERIES, type LastHour } from '../../telemetry/last-hour.ts'
import type { Overview } from '../../workflows/operations/read-overview.ts'
import { shownDuration } from '../frame/words.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { barsOf, type Chart } from './chart.ts'

const { overview: words, holds, states } = ENGLISH

type Alert = { text: string; href: string | null }

/**
 * How many seconds work may wait before the overview shows an alert. The times are those of
 * `deploy/prometheus/alerts.yml`.
 */
const LANE_WAIT_S = 300
const SUPPRESSION_WAIT_S = 900
const RETRACTION_WAIT_S = 3_600
const SYNC_WAIT_S = 3_600
const GUEST_FILE_WAIT_S = 900
const FAILING_SHARE = 0.2

const checkAlerts = ({ checks }: Overview): Alert[] =>
  Object.entries(checks)
    .filter(([, { ok }]) => !ok)
    .map(([name, { detail }]) => ({
      text: fill(words.alerts.check, {
        name: words.health[name as keyof Overview['checks']],
        detail,
      }),
      href: null,
    }))

const heldAlerts = ({ held }: Overview): Alert[] => {
  const count = held?.forPerson ?? 0
  if (count === 0) return []
  return [{ text: fill(words.alerts.held, { count }), href: '/console/uploads?state=held' }]
}

const submissionAlerts = ({ heldSubmissions: count }: Overview): Alert[] => {
  if (count === null || count === 0) return []
  const text = fill(words.alerts.heldSubmissions, { count })
  return [{ text, href: '/console/do-not-call?state=held' }]
}

const since = (seconds: number, most: number, text: string, href: string | null = null): Alert[] =>
  seconds > most ? [{ text: fill(text, { time: shownDuration(seconds) }), href }] : []

const workAlerts = ({ work }: Overview): Alert[] => {
  if (work === null) return []
  const { alerts } = words
  const dead = work.syncDead > 0 ? fill(alerts.syncDead, { count: work.syncDead }) : null
  return [
    ...since(work.oldestDncPendingSeconds, SUPPRESSION_WAIT_S, alerts.suppression),
    ...since(work.oldestRetractionSeconds, RETRACTION_WAIT_S, alerts.retraction),
    ...since(
      work.oldestGuestFileHoldSeconds,
      GUEST_FILE_WAIT_S,
      alerts.guestFile,
      '/console/guest-files?state=held',
    ),
    ...since(work.oldestLaneWaitSeconds, LANE_WAIT_S, alerts.laneWait),
    ...since(work.oldestSyncPendingSeconds, SYNC_WAIT_S, alerts.syncOld),
    ...(dead === null ? [] : [{ text: dead, href: null }]),
  ]
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

const callAlerts = ({ lastHour }: Overview): Alert[] => {
  if (lastHour === null) return []
  const calls = total(lastHour.genesysCalls.slice(-10))
  const failures = total(lastHour.genesysFailures.slice(-10))
  return calls >= 5 && failures / calls > FAILING_SHARE
    ? [{ text: words.alerts.failures, href: null }]
    : []
}

const endpointAlerts = ({ failingEndpoints }: Overview): Alert[] => {
  const count = failingEndpoints?.length ?? 0
  return count === 0
    ? []
    : [{ text: fill(words.alerts.endpoints, { count }), href: '/console/endpoints' }]
}

const heldLine = (upload: Upload) => ({
  id: upload.id,
  name: upload.source.fileName ?? upload.id,
  list: upload.contactListId,
  since: upload.hold?.since ?? upload.updatedAt,
  ...(upload.hold === null ? { why: '', ends: '' } : holds[upload.hold.reason]),
  forPerson: upload.hold !== null && holdNeedsPerson(upload.hold.reason),
})

const byHandLine = ({ by, contacts, lastAt }: NonNullable<Overview['byHand']>[number]) => ({
  ...('editionId' in by
    ? {
        text: fill(words.byHand.ofEdition, { count: contacts, registry: by.registry }),
        href: `/console/do-not-call/registries/${by.registry}/editions/${by.editionId}/delivered-before`,
      }
    : {
        text: fill(words.byHand.contacts, { count: contacts }),
        href: `/console/do-not-call/submissions/${by.submissionId}/delivered-before`,
      }),
  at: lastAt,
})

const endpointLine = (endpoint: WebhookEndpoint) => ({
  name: endpoint.name,
  id: endpoint.id,
  failures: fill(words.endpoints.failures, { count: endpoint.consecutiveFailures }),
  since: endpoint.failingSince,
  disabled: !endpoint.enabled,
})

const openStates = (work: NonNullable<Overview['work']>) =>
  UPLOAD_STATES.filter((state) => !FINAL_STATES.includes(state)).flatMap((state) => {
    const uploads = work.uploads[state] ?? 0
    return uploads === 0 ? [] : [{ state, label: states[state], uploads }]
  })

const chartsOf = (lastHour: LastHour): Chart[] =>
  HOUR_SERIES.map((name) => barsOf(words.charts[name], lastHour[name]))

const paceOf = ({ pace }: Overview) => ({
  ...pace,
  left: Math.max(0, pace.requestsPerMinute - pace.usedLastMinute),
  waits: total(Object.values(pace.waiting)),
  reduced: pace.requestsPerMinute < pace.configuredPerMinute,
})

/** The model of the overview. */
export const overviewModel = (overview: Overview) => ({
  alerts: [
    ...checkAlerts(overview),
    ...workAlerts(overview),
    ...callAlerts(overview),
    ...heldAlerts(overview),
    ...submissionAlerts(overview),
    ...endpointAlerts(overview),
  ],
  pace: paceOf(overview),
  work: overview.work && { ...overview.work, open: openStates(overview.work) },
  charts: overview.lastHour && chartsOf(overview.lastHour),
  held: overview.held && { items: overview.held.items.map(heldLine), more: overview.held.more },
  byHand: (overview.byHand ?? []).map(byHandLine),
  endpoints: overview.failingEndpoints && overview.failingEndpoints.map(endpointLine),
  checks: Object.entries(overview.checks).map(([name, { ok, detail }]) => ({
    name: words.health[name as keyof Overview['checks']],
    ok,
    detail,
  })),
})
