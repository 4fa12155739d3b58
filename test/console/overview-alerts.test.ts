import assert from 'node:assert/strict'
import { it } from 'node:test'

import { overviewModel } from '../../src/console/overview/overview-model.ts'
import type { Overview } from '../../src/workflows/operations/read-overview.ts'
import { quietOverview } from '../support/console/console-fakes.ts'

type Work = NonNullable<Overview['work']>

const alertsOf = (work: Partial<Work>): number =>
  overviewModel({ ...quietOverview(), work: { uploads: {}, ...work } as Work }).alerts.length

it('alerts about contacts to be retracted after an hour, and about unsent entries after a quarter', () => {
  assert.equal(alertsOf({ oldestRetractionSeconds: 3_600 }), 0)
  assert.equal(alertsOf({ oldestRetractionSeconds: 3_601 }), 1)
  assert.equal(alertsOf({ oldestGuestFileHoldSeconds: 900 }), 0)
  assert.equal(alertsOf({ oldestGuestFileHoldSeconds: 901 }), 1)
  assert.equal(alertsOf({ oldestDncPendingSeconds: 900 }), 0)
  assert.equal(alertsOf({ oldestDncPendingSeconds: 901 }), 1)
})

it('alerts about do-not-call submissions that wait for a person, and links to them', () => {
  const alerts = (heldSubmissions: number | null) =>
    overviewModel({ ...quietOverview(), heldSubmissions }).alerts
  assert.deepEqual([alerts(null), alerts(0)], [[], []])
  assert.deepEqual(alerts(2), [
    {
      text: '2 do-not-call submissions are held until a person acts',
      href: '/console/do-not-call?state=held',
    },
  ])
})

it('alerts about all uploads that wait for a person, also if none of the newest held uploads does', () => {
  const alerts = (forPerson: number) =>
    overviewModel({ ...quietOverview(), held: { items: [], more: true, forPerson } }).alerts
  assert.deepEqual(alerts(0), [])
  assert.deepEqual(alerts(12), [
    { text: '12 uploads are held until a person acts', href: '/console/uploads?state=held' },
  ])
})

it('shows the contacts that a person must remove by hand, with a link to each submission and edition', () => {
  const lastAt = '2026-11-30T08:00:00.000Z'
  const byHand = [
    { by: { submissionId: 'dns_1' }, contacts: 2, lastAt },
    { by: { registry: 'ftc', editionId: 'rge_1' }, contacts: 1, lastAt },
  ]
  assert.deepEqual(overviewModel({ ...quietOverview(), byHand }).byHand, [
    {
      text: '2 contacts of a submission',
      href: '/console/do-not-call/submissions/dns_1/delivered-before',
      at: lastAt,
    },
    {
      text: '1 contact of an edition of the registry ftc',
      href: '/console/do-not-call/registries/ftc/editions/rge_1/delivered-before',
      at: lastAt,
    },
  ])
})
