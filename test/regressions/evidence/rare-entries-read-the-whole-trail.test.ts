import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Scope } from '../../../src/domain/access/access.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { type AuditQuery, createReadAudit } from '../../../src/workflows/audit/read-audit.ts'
import type { ChainedEntry } from '../../../src/workflows/ports/audit/chain.ts'
import type { Page } from '../../../src/workflows/ports/uploads/uploads.ts'
import { eachHome, openTestStore, serverHome } from '../../support/databases/database.ts'
import { type Counters, openCounters, readBy } from '../../support/databases/read-counters.ts'

/** More than one call examines. */
const ENTRIES = 21_000
const EXAMINED = 20_000
/** These entries are those of a small tenant, and of the action that only they have. */
const RARE = [10, 200, 20_990]

/** A second apart, the newest first of all at noon. */
const timeOf = (entry: number): string =>
  new Date(Date.UTC(2026, 4, 1, 12) + entry * 1_000).toISOString()

const fill = async (store: Store): Promise<void> => {
  const isRare = `n in (${RARE.join(', ')})`
  await store.sql.executeSql(`insert into audit_entry
      (id, at, tenant_id, actor, action, object, request_id, attempt, outcome, counts)
    select 'aud_' || lpad(n::text, 32, '0'), timestamptz '${timeOf(0)}' + n * interval '1 second',
      case when ${isRare} then 'small' else 'large' end,
      case when ${isRare} then 'key_small' else 'gateway' end,
      case when ${isRare} then 'list.cleared' else 'upload.moved' end,
      'upl_' || n, 'req', 1, 'ok', '{}' from generate_series(1, ${ENTRIES}) n`)
  await store.sql.executeSql(`insert into audit_place (entry_id, seq, hash)
    select id, row_number() over (order by id), repeat('0', 64) from audit_entry`)
  await store.sql.executeSql(
    `update audit_chain set last_id = 'b', entries = ${ENTRIES},
      last_xid = (select max(xid::text::bigint) from audit_entry)::text::xid8`,
  )
  await store.sql.executeSql('analyze')
}

const callerOf = (tenantId: string, scopes: readonly Scope[]) => ({
  ...{ tenantId, scopes, keyId: 'key_1', requestId: 'req_1' },
})
const ADMIN = callerOf('default', ['admin'])
const SMALL = callerOf('small', ['audit'])

const readOf = (store: Store) => {
  const audit = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
  return async (
    way: 'list' | 'newest',
    query: AuditQuery,
    caller: Parameters<typeof audit.list>[0] = ADMIN,
  ) => {
    const entries: number[] = []
    let pages = 0
    for (let cursor: string | null = null; ;) {
      const page: Page<ChainedEntry> | null = await audit[way](caller, query, { limit: 2, cursor })
      assert.ok(page !== null && page.items.length <= 2)
      pages += 1
      entries.push(...page.items.map(({ object }) => Number(object.slice(4))))
      if (page.next === null) return { entries, pages }
      cursor = page.next
    }
  }
}

const NEWEST_FIRST = RARE.toReversed()
/** The trail in parts, and a page more where one is full. */
const MOST_PAGES = Math.ceil(ENTRIES / EXAMINED) + 1

eachHome('Entries that are rare in a long trail', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await fill(store)
  })
  after(() => store.close())

  const queries: [string, AuditQuery, typeof ADMIN?][] = [
    ['of a small tenant', {}, SMALL],
    ['of an action', { action: 'list.cleared' }],
    ['of an actor', { actor: 'key_small' }],
    ['of an actor and an action', { actor: 'key_small', action: 'list.cleared' }],
    ['of a small tenant, in a span of time', { from: timeOf(0) }, SMALL],
    ['of an actor, in a span of time', { actor: 'key_small', from: timeOf(0), to: timeOf(90_000) }],
  ]
  for (const [what, query, caller] of queries) {
    it(`are found once each, in parts of the trail: ${what}`, async () => {
      const read = readOf(store)
      const newest = await read('newest', query, caller)
      assert.deepEqual(newest.entries, NEWEST_FIRST)
      assert.ok(newest.pages <= MOST_PAGES, `${newest.pages} pages`)
      const list = await read('list', query, caller)
      assert.deepEqual(list.entries, RARE)
      assert.ok(list.pages <= MOST_PAGES, `${list.pages} pages`)
    })
  }

  it('end with the span of time, and a page of nothing says that more may follow', async () => {
    const read = readOf(store)
    const upTo = { actor: 'key_small', to: timeOf(200) }
    assert.deepEqual((await read('newest', upTo)).entries, [10])
    assert.deepEqual((await read('list', { from: timeOf(200) }, SMALL)).entries, [200, 20_990])
    const audit = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
    const asked = { limit: 2, cursor: null }
    const page = await audit.list(SMALL, { from: timeOf(201) }, asked)
    assert.deepEqual(page?.items, [])
    assert.notEqual(page.next, null)
  })

  it('refuses a cursor of the other order, and one that names no time', async () => {
    const audit = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
    const timed = (await audit.list(ADMIN, { from: timeOf(0) }, { limit: 1, cursor: null }))!.next
    assert.equal(await audit.list(ADMIN, {}, { limit: 1, cursor: timed }), null)
    const bad = Buffer.from('t2026-99-99T99:99:99Z aud_1').toString('base64url')
    assert.equal(await audit.newest(ADMIN, { from: timeOf(0) }, { limit: 1, cursor: bad }), null)
  })
})

const home = serverHome()

describe('What a page of the audit trail reads', { skip: home.skip }, () => {
  let store: Store
  let counters: Counters
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    store = await openTestStore(place)
    await fill(store)
    await store.sql.executeSql('vacuum analyze audit_entry, audit_place')
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await store.close()
    await home.close()
  })

  /** Rows and index entries of the largest reader among tables and indexes of the trail. */
  const mostRead = async (call: () => Promise<unknown>): Promise<number> =>
    Math.max(...(await readBy({ store, counters }, 'audit_', call)))
  const first = { limit: 50, cursor: null }
  const audit = () => createReadAudit({ reader: store.auditReader, signingKeys: store.signing })

  it('is little where an index has the entries: a late span, an actor, a rare action', async () => {
    const queries: AuditQuery[] = [
      { from: timeOf(20_000) },
      { from: timeOf(20_000), to: timeOf(20_100) },
      { actor: 'key_small' },
      { action: 'list.cleared' },
    ]
    for (const query of queries) {
      const newest = await mostRead(() => audit().newest(ADMIN, query, first))
      assert.ok(newest < 200, `newest ${JSON.stringify(query)}: ${newest}`)
    }
    for (const query of queries.slice(0, 2)) {
      const list = await mostRead(() => audit().list(ADMIN, query, first))
      assert.ok(list < 200, `list ${JSON.stringify(query)}: ${list}`)
    }
  })

  it('is a part of the trail where none has them', async () => {
    for (const query of [{}, { from: timeOf(0) }]) {
      for (const way of ['list', 'newest'] as const) {
        const read = await mostRead(() => audit()[way](SMALL, query, first))
        assert.ok(read <= EXAMINED + 200, `${way} ${JSON.stringify(query)}: ${read}`)
      }
    }
  })
})
