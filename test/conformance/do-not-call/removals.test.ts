import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { EntryStands } from '../../../src/workflows/ports/do-not-call/dnc-lane.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  holdLane,
  receiveSubmission,
  submitEntries as submit,
} from '../../support/do-not-call/dnc-submissions.ts'
import { audit } from '../../support/stages/store-uploads.ts'

const [ANN, BOB, CAT] = ['+14155550101', '+14155550102', '+14155550103'] as const
const REMOVE = { kind: 'remove' } as const
const of = (...subjects: string[]) => subjects.map((subject) => ({ subject }))

eachHome('Removals of do-not-call entries', (home) => {
  let store: Store
  const held: { letGo: () => Promise<void> }[] = []
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await run(`insert into tenant (id) values ('other')`)
    await run(
      `insert into tenant_grant (tenant_id, kind, object_id) values ('other', 'contact_list', '*')`,
    )
  })
  after(() => store.close())
  beforeEach(async () => {
    for (const table of ['dnc_group', 'dnc_submission', 'dnc_list_lane']) {
      await run(`delete from ${table}`)
    }
  })
  afterEach(async () => {
    for (const lane of held.splice(0)) await lane.letGo()
  })

  const run = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await store.sql.executeSql(text, values)).rows as Row[]
  const lane = async (...about: ['guide' | 'platform'] | []) => {
    const claimed = await holdLane(store, ...about)
    held.push(claimed)
    return claimed
  }
  const suppressed = async (subject: string, contactListId = 'list-1'): Promise<boolean> => {
    const digest = subjectDigest(store.digestKey, subject)
    return (await store.suppressions.suppressedAmong(contactListId, digest)).size > 0
  }
  const countsOf = async (id: string) => {
    const submission = await store.dncSubmissions.find('default', id)
    assert.ok(submission)
    const { created, existing, updated, removed, notFound, failed, pending } = submission.counts
    const counts = { created, existing, updated, removed, notFound, failed, pending }
    const told = Object.entries(counts).filter(([, count]) => count > 0)
    return { state: submission.state, ...Object.fromEntries(told) }
  }

  it('end what the tenant has for the list and the scope, with the acceptance, and nothing else', async () => {
    await submit(store, of(ANN, BOB, CAT))
    await submit(store, [{ subject: BOB, contactListIds: ['list-9'] }])
    await submit(store, of(CAT), { tenantId: 'other' })
    const removal = await receiveSubmission(store, of(ANN, BOB, CAT), REMOVE)
    assert.equal(await suppressed(ANN), true)
    await removal.accept()
    assert.equal(await suppressed(ANN), false)
    assert.deepEqual([await suppressed(BOB), await suppressed(BOB, 'list-9')], [false, true])
    assert.equal(await suppressed(CAT), true)
    await submit(store, of(BOB), { dncListId: 'dnc-2' })
    await submit(store, of(BOB), REMOVE)
    assert.equal(await suppressed(BOB), true)
  })

  it('end nothing that was accepted after them, whichever of both began first', async () => {
    const late = await receiveSubmission(store, of(ANN))
    await submit(store, of(ANN))
    await submit(store, of(ANN), REMOVE)
    assert.equal(await suppressed(ANN), false)
    await late.accept()
    assert.equal(await suppressed(ANN), true)
    const { drain } = await lane()
    await drain()
    assert.equal(await suppressed(ANN), true)
  })

  it('of many chunks end theirs by the lane, before anything is sent', async () => {
    await submit(store, of(ANN, BOB, CAT))
    const id = await submit(store, of(ANN, BOB, CAT), { ...REMOVE, chunkEntries: 1 })
    assert.equal(await suppressed(ANN), true)
    const { drain } = await lane()
    assert.deepEqual(await drain(), [
      { action: 'remove', subjects: [ANN] },
      { action: 'remove', subjects: [BOB] },
      { action: 'remove', subjects: [CAT] },
    ])
    for (const subject of [ANN, BOB, CAT]) assert.equal(await suppressed(subject), false)
    assert.deepEqual(await countsOf(id), { state: 'applied', removed: 3 })
    const written = await run(
      `select action, outcome, counts from audit_entry where object = $1 and action = 'dnc.removed' order by id`,
      [id],
    )
    const closed = { action: 'dnc.removed', outcome: 'ok', counts: { entries: 1, closed: 1 } }
    assert.deepEqual(written.slice(1), [closed, closed, closed])
  })

  it('of REGULATORY entries are known before they are accepted, and spared when one comes meanwhile', async () => {
    await submit(store, [
      { subject: ANN, reason: 'REGULATORY' },
      { subject: BOB, reason: 'REGULATORY', contactListIds: ['list-9'] },
    ])
    await submit(store, of(ANN, CAT))
    const removal = await receiveSubmission(store, of(ANN, BOB, CAT), REMOVE)
    const chunk = await store.dncSubmissions.readChunk(removal.id, 0)
    const subjects = Buffer.concat(
      chunk.entries.map(({ subject }) => subjectDigest(store.digestKey, subject)),
    )
    const about = { tenantId: 'default', dncListId: 'dnc-1' }
    const asked = { ...chunk, subjects }
    assert.deepEqual(await store.dncSubmissions.heldByRegulatory(about, asked), [0])
    const elsewhere = { ...about, tenantId: 'other' }
    assert.deepEqual(await store.dncSubmissions.heldByRegulatory(elsewhere, asked), [])
    await submit(store, [{ subject: CAT, reason: 'REGULATORY' }])
    await removal.accept()
    assert.deepEqual([await suppressed(ANN), await suppressed(CAT)], [true, true])
    const { drain, letGo } = await lane()
    assert.ok((await drain()).every(({ action }) => action === 'add'))
    const outcome = { state: 'applied_with_errors', notFound: 1, failed: 2 }
    assert.deepEqual(await countsOf(removal.id), outcome)
    await letGo()
    const id = await submit(store, of(ANN, CAT), { ...REMOVE, overrides: true })
    assert.deepEqual([await suppressed(ANN), await suppressed(CAT)], [false, false])
    await (await lane()).drain()
    assert.deepEqual(await countsOf(id), { state: 'applied', removed: 2 })
  })

  it('go to Genesys after what was there before them, and keep back what they ended unsent', async () => {
    const first = await submit(store, of(ANN, BOB))
    const removal = await submit(store, of(ANN, CAT), REMOVE)
    const { drain } = await lane()
    assert.deepEqual(await drain(), [
      { action: 'add', subjects: [BOB] },
      { action: 'remove', subjects: [ANN] },
    ])
    assert.deepEqual(await countsOf(first), { state: 'applied', created: 2 })
    assert.deepEqual(await countsOf(removal), { state: 'applied', removed: 1, notFound: 1 })
  })

  it('take nobody out at Genesys for whom an entry of any scope or tenant stands', async () => {
    await submit(store, of(ANN, BOB, CAT))
    await submit(store, [{ subject: ANN, contactListIds: ['list-9'] }])
    await submit(store, of(BOB), { tenantId: 'other' })
    await submit(store, of(CAT), { dncListId: 'dnc-2' })
    const removal = await submit(store, of(ANN, BOB, CAT), REMOVE)
    await run(`update dnc_list_lane set ready_at = 'infinity' where dnc_list_id = 'dnc-2'`)
    const { drain } = await lane()
    const removed = (await drain()).filter(({ action }) => action === 'remove')
    assert.deepEqual(removed, [{ action: 'remove', subjects: [CAT] }])
    assert.deepEqual(await countsOf(removal), { state: 'applied', removed: 3 })
  })

  it('lose against an entry that is accepted after them, also once they are about to be sent', async () => {
    await submit(store, of(ANN, BOB))
    await (await lane()).drain()
    await held[0]!.letGo()
    const removal = await submit(store, of(ANN, BOB), REMOVE)
    const { step, drain, claim } = await lane()
    const group = await step()
    assert.deepEqual([group?.action, group?.subjects], ['remove', [ANN, BOB]])
    const again = await submit(store, of(ANN))
    await assert.rejects(store.dncLane.recordTry(claim, group!), EntryStands)
    assert.deepEqual(await drain(), [
      { action: 'remove', subjects: [BOB] },
      { action: 'add', subjects: [ANN] },
    ])
    assert.deepEqual(await countsOf(removal), { state: 'applied', removed: 2 })
    assert.deepEqual(await countsOf(again), { state: 'applied', created: 1 })
  })

  it('wait for what their tenant had before, while others go on', async () => {
    await submit(store, of(ANN))
    const { step, drain, claim, lane: store_ } = await lane()
    const group = await step()
    const held = audit('dnc.held', group!.submissionId)
    await store_.hold(claim, group!, 'dnc_list_refused', held)
    await submit(store, of(ANN), REMOVE)
    await submit(store, of(BOB))
    assert.deepEqual(await drain(), [{ action: 'add', subjects: [BOB] }])
    const submission = await store.dncSubmissions.find('default', group!.submissionId)
    await store.dncSubmissions.resume(submission!, audit('dnc.resumed', submission!.id))
    assert.deepEqual(await drain(), [
      { action: 'add', subjects: [ANN] },
      { action: 'remove', subjects: [ANN] },
    ])
  })

  it('end here alone where Genesys has no removal, and say so', async () => {
    await submit(store, of(ANN))
    const { drain } = await lane('guide')
    await drain()
    const id = await submit(store, of(ANN, BOB), REMOVE)
    assert.deepEqual(await drain(), [])
    assert.deepEqual(await countsOf(id), { state: 'applied', removed: 1, notFound: 1 })
    const submission = await store.dncSubmissions.find('default', id)
    assert.match(submission!.notes.join(), /In this dialect, Genesys cannot remove people/)
  })

  it('keep an entry that was quarantined from being sent when it is released', async () => {
    const id = await submit(store, [{ subject: ANN, quarantined: true }])
    await submit(store, of(ANN), REMOVE)
    const submission = await store.dncSubmissions.find('default', id)
    await store.dncSubmissions.release(submission!, audit('dnc.released', id))
    const { drain } = await lane()
    assert.deepEqual(
      (await drain()).filter(({ action }) => action === 'add'),
      [],
    )
    assert.equal(await suppressed(ANN), false)
  })
})

eachHome('Entries that override', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('take the place of the stronger and longer one, which else stays', async () => {
    const countsOf = async (id: string) => (await store.dncSubmissions.find('default', id))!.counts
    const digest = subjectDigest(store.digestKey, ANN)
    const reason = async () =>
      [...(await store.suppressions.suppressedAmong('list-1', digest)).values()].map(
        (found) => found.reason,
      )
    const weaker = [
      { subject: ANN, reason: 'UNSPECIFIED' as const, expiresAt: '2031-01-01T00:00:00.000Z' },
    ]
    await submit(store, [{ subject: ANN, reason: 'REGULATORY' }])
    const { step, settle, drain } = await holdLane(store, 'guide')
    await drain()
    const kept = await submit(store, weaker)
    await drain()
    assert.equal((await countsOf(kept)).existing, 1)
    assert.deepEqual(await reason(), [3])
    const overriding = await submit(store, weaker, { overrides: true })
    assert.deepEqual(await reason(), [1])
    const found = await store.dncSubmissions.about('default', 'dnc-1', [digest])
    const steps = found.map(({ history }) => history.map((one) => [one.event, one.submissionId]))
    const ended = ['overridden', overriding]
    assert.deepEqual(
      steps.map((one) => one.slice(1)),
      [[ended], [ended], []],
    )
    const group = await step()
    const sent = [group?.reason, group?.expiresAt?.toISOString()]
    assert.deepEqual(sent, ['UNSPECIFIED', '2031-01-01T00:00:00.000Z'])
    await settle(group!)
    assert.equal((await countsOf(overriding)).updated, 1)
    const same = await submit(store, weaker, { overrides: true })
    await drain()
    assert.equal((await countsOf(same)).existing, 1)
  })
})
