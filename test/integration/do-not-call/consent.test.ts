import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { brokenSums } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createExplainContact } from '../../../src/workflows/uploads/watch/explain-contact.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'

const AGREED = '2026-01-31T09:30:00Z,web form'
const fileOf = (...rows: string[]): string =>
  ['contactId,note,phone,consentAt,consentSource', ...rows].join('\n')

eachHome('A contact who did not agree to be called', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  const gateway = () =>
    createWorkingGateway(store, `consent-${(lists += 1)}`, { consentCountries: new Set(['DE']) })
  const ledgerOf = async (id: string) => {
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 100 })
    return rows.map(({ contactId, outcome, code, suppressedBy }) => [
      ...[contactId, outcome, code, suppressedBy?.reason ?? null],
    ])
  }

  it('is suppressed where it is needed, in a file with rows of all kinds, and the others are sent', async () => {
    const g = gateway()
    const { id, counts } = await g.uploadFile(
      fileOf(
        `a,n,+4915112345601,${AGREED}`,
        'b,n,+4915112345602,,',
        'c,n,+12125550123,,',
        'd,n,+4915112345604,2026-01-31,web',
        'e,n,+4915112345605,,',
        `e,n,+4915112345605,${AGREED}`,
      ),
    )
    assert.deepEqual(
      [counts.accepted, counts.suppressed, counts.rejected, counts.duplicates],
      [3, 1, 1, 1],
    )
    assert.deepEqual(brokenSums(counts, false), [])
    await g.work()
    assert.deepEqual(await ledgerOf(id), [
      ['a', 'delivered', null, null],
      ['b', 'suppressed', 'consent-missing', null],
      ['c', 'delivered', null, null],
      [null, 'rejected', 'consent-time-invalid', null],
      ['e', 'duplicate', 'replaced-in-file', null],
      ['e', 'delivered', null, null],
    ])
    const ended = await g.find(id)
    assert.deepEqual([ended.state, ended.counts.delivered], ['completed_with_errors', 3])
    assert.deepEqual(g.genesys.sent.flatMap(({ contactIds }) => contactIds).toSorted(), [
      'a',
      'c',
      'e',
    ])
  })

  it('is named by its do-not-call entry where there is one, which says more', async () => {
    await addEntries(store, ['+4915112345612'])
    const g = gateway()
    const { id, counts } = await g.uploadFile(
      fileOf('a,n,+4915112345611,,', 'b,n,+4915112345612,,', `c,n,+4915112345613,${AGREED}`),
    )
    assert.equal(counts.suppressed, 2)
    assert.deepEqual((await ledgerOf(id)).slice(0, 2), [
      ['a', 'suppressed', 'consent-missing', null],
      ['b', 'suppressed', 'suppressed-dnc', 'CUSTOMER_REQUEST'],
    ])
    const staged = g.events.find(({ name }) => name === 'upload.staged')!.fields
    assert.deepEqual((staged as { suppressedBy: object }).suppressedBy, {
      'consent-missing': 1,
      'suppressed-dnc': 1,
    })
  })

  it('is explained: the answer says that the consent is missing, and names no entry', async () => {
    const g = gateway()
    const { contactListId } = await g.uploadFile(fileOf('x,n,+4915112345691,,'))
    const explain = createExplainContact({ explain: store.explain, uploads: store.uploads })
    const { items } = await explain({
      caller: { tenantId: 'default', scopes: ['admin'], keyId: 'key', requestId: 'req' },
      ...{ contactListId, contactId: 'x', cursor: null },
    })
    const [decision] = items
    assert.deepEqual(
      [items.length, decision?.outcome, decision?.code, decision?.suppressedBy ?? null],
      [1, 'suppressed', 'consent-missing', null],
    )
    assert.match(decision?.reason ?? '', /agree|consent/i)
  })

  it('counts in the plan, and is not sent when that is applied', async () => {
    const g = gateway()
    const held = await g.uploadFile(
      fileOf('a,n,+4915112345621,,', `b,n,+4915112345622,${AGREED}`),
      { apply: 'manual' },
    )
    await g.work()
    const planned = await g.find(held.id)
    assert.equal(planned.plan?.suppressed, 1)
    assert.ok(planned.planDigest)
    const whole = await g.uploadFile(fileOf(`b,n,+4915112345622,${AGREED}`), { apply: 'manual' })
    await g.work()
    assert.notEqual((await g.find(whole.id)).planDigest, planned.planDigest)
  })

  it('ends an upload of nobody else at once', async () => {
    const { id } = await gateway().uploadFile(fileOf('a,n,+4915112345631,,'))
    const { rows } = await store.sql.executeSql('select state from upload where id = $1', [id])
    assert.deepEqual(rows, [{ state: 'completed' }])
  })
})
