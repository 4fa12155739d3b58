import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import {
  type AuditSaid,
  type PlainAction,
  saidOf,
} from '../../../src/domain/audit/audit-details.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../../../src/domain/audit/audit.ts'
import type { EntryTerms } from '../../../src/domain/do-not-call/dnc-entry.ts'
import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  clearSubmissions,
  submitEntries as submit,
} from '../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const DAY_MS = 86_400_000
const NOTHING = { read: 0, rejected: 0, blank: 0 }
const SOURCE = { fileName: null, format: 'csv', bytes: 0, sha256: '', delimiter: null } as const
const auditOf = (said: PlainAction | AuditSaid, object: string): AuditEntry =>
  createAuditEntry(ids, byGateway({ tenantId: 'default', requestId: 'req' }), {
    ...saidOf(said),
    object,
  })
const HELD = { action: 'dnc.held', details: { reason: 'dnc_list_refused' } } as const
const [ANN, BOB] = ['+14155550101', '+14155550102'] as const

eachHome('Pulls of DNC lists as they are stored', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  beforeEach(() => clearSubmissions(store))

  const run = async (text: string): Promise<Record<string, unknown>[]> =>
    (await store.sql.executeSql(text)).rows as Record<string, unknown>[]
  const claim = (owner: string) =>
    store.dncPulls.claim(owner, { id: ids.newId('dns'), requestId: 'req' })
  const pass = (interval: string) =>
    run(`update dnc_pull set due_at = due_at - interval '${interval}',
      lease_until = lease_until - interval '${interval}'`)

  it('are due for the first time a period after a list is known, then a period after each other', async () => {
    await submit(store, [{ subject: ANN }])
    await store.dncPulls.plan(DAY_MS)
    assert.equal(await claim('one'), null)
    await pass('25 hours')
    await store.dncPulls.plan(DAY_MS)
    const pull = await claim('one')
    assert.ok(pull)
    assert.equal(pull.dncListId, 'dnc-1')
    await store.dncPulls.finish(pull, NOTHING, {
      ...{ rejections: {}, columns: [], notes: [], nextInMs: DAY_MS, source: SOURCE },
      audit: auditOf('dnc.pulled', pull.submissionId),
    })
    assert.equal(await claim('one'), null)
    await pass('25 hours')
    assert.notEqual((await claim('one'))?.submissionId, pull.submissionId)
  })

  it('of one list are in one hand, and are taken over from one that died, as the same submission', async () => {
    await submit(store, [{ subject: ANN }])
    await store.dncPulls.plan(0)
    await pass('1 second')
    const first = await claim('one')
    assert.ok(first)
    assert.equal(await claim('two'), null)
    assert.equal(await store.dncPulls.renew(first), true)
    await pass('2 minutes')
    const second = await claim('two')
    assert.equal(second?.submissionId, first.submissionId)
    assert.equal(await store.dncPulls.renew(first), false)
  })

  it('that Genesys refuses are held and told of once, and begin anew when they are resumed', async () => {
    await submit(store, [{ subject: ANN }])
    await store.dncPulls.plan(0)
    await pass('1 second')
    const hold = async () => {
      const pull = await claim('one')
      assert.ok(pull)
      const audit = auditOf(HELD, pull.submissionId)
      await store.dncPulls.giveUp(pull, null, { reason: 'dnc_list_refused', audit })
      return pull
    }
    const { submissionId, number } = await hold()
    assert.equal(await claim('one'), null)
    const held = await store.dncSubmissions.find('default', submissionId)
    assert.deepEqual([held?.state, held?.hold?.reason], ['held', 'dnc_list_refused'])
    const about = { id: submissionId, dncListId: 'dnc-1' }
    const resumed = await store.dncSubmissions.resume(about, auditOf('dnc.resumed', submissionId))
    assert.deepEqual([resumed?.state, resumed?.hold], ['applying', null])
    // The pull is tried again by itself a period later. Endpoints are not notified a second time.
    await hold()
    await run(`update dnc_pull set due_at = now()`)
    await hold()
    const audited = await run(`select action from audit_entry where object = '${submissionId}'`)
    assert.equal(audited.filter(({ action }) => action === 'dnc.held').length, 2)
    await run(`update dnc_pull set due_at = now()`)
    await store.dncPulls.finish((await claim('two'))!, NOTHING, {
      ...{ rejections: {}, columns: [], notes: [], nextInMs: DAY_MS, source: SOURCE },
      audit: auditOf('dnc.pulled', submissionId),
    })
    assert.deepEqual(
      await run(`select state, hold_reason, reading from dnc_submission where number = ${number}`),
      [{ state: 'applying', hold_reason: null, reading: false }],
    )
  })

  it('know whom the list here has, and add the others under a raised epoch, suppressing at once', async () => {
    await submit(store, [{ subject: ANN }])
    await store.dncPulls.plan(0)
    await pass('1 second')
    const pull = await claim('one')
    const digest = (subject: string): Buffer => subjectDigest(store.digestKey, subject)
    const subjects = Buffer.concat([digest(ANN), digest(BOB), digest(BOB)])
    assert.deepEqual(await store.dncPulls.sift(pull!, subjects), [1])
    const { epochs: before } = await store.suppressions.standingOf('list-1')
    const terms: EntryTerms = {
      ...{ reason: 'UNSPECIFIED', originalReason: null, source: 'genesys' },
      ...{ receivedAt: null, expiresAt: null, contactListIds: null },
    }
    const entry = { kind: 'phone', subject: BOB, terms: 0, quarantined: true } as const
    const chunk = {
      ...{ seq: 7, firstLine: 2, lastLine: 2, terms: [terms], rejected: [] },
      ...{ entries: [{ line: 2, cells: [BOB], ...entry }], subjects: digest(BOB) },
    }
    assert.equal(await store.dncPulls.add(pull!, chunk, null), 1)
    const { epochs: now } = await store.suppressions.standingOf('list-1')
    assert.ok(now['default']! > before['default']!)
    assert.equal((await store.suppressions.suppressedAmong('list-1', digest(BOB))).size, 1)
    assert.deepEqual(
      await run(`select quarantined, outcome from dnc_entry order by submission desc limit 1`),
      [{ quarantined: false, outcome: 1 }],
    )
  })
})
