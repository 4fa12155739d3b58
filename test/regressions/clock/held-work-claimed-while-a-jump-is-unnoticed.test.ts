import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { submitEntries } from '../../support/do-not-call/dnc-submissions.ts'
import { audit, claimKey, ids } from '../../support/stages/store-uploads.ts'

const HOUR = `interval '1 hour'`
const SECOND_MS = 1_000

/**
 * The tables whose rows are held, each with a claim by its store. The lanes of contact lists are
 * tested with the clock.
 */
const HELD: readonly (readonly [string, (store: Store, owner: string) => Promise<unknown>])[] = [
  ['segment_campaign', (store, owner) => store.segments.claim(owner)],
  ['guest_file', (store, owner) => store.guestFiles.claim(owner)],
  ['dnc_list_lane', (store, owner) => store.dncLane.claim(owner)],
  ['dnc_write_slot', (store, owner) => store.dncLane.takeSlot(owner, 1)],
  [
    'dnc_pull',
    (store, owner) => store.dncPulls.claim(owner, { id: ids.newId('dns'), requestId: 'req' }),
  ],
  ['dnc_retraction_lane', (store, owner) => store.retractions.claim(owner)],
  ['erasure', (store, owner) => store.erasures.claim(owner)],
  ['upkeep', (store, owner) => store.upkeep.claim(owner)],
  ['audit_chain', (store, owner) => store.auditChain.chainNext(owner)],
]

/**
 * The clock of the database was set ahead. Until an instance noticed this, two seconds later at
 * most, all leases seemed to have ended, except those of contact lists. So another worker took what
 * a live worker held: it sent the same entries, applied the same segment or sent the same file
 * beside it.
 */
eachHome('While a jump ahead is not noticed', (home) => {
  let store: Store
  const run = async (text: string) => (await store.sql.executeSql(text)).rows
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await submitEntries(store, [{ subject: '+14155550101' }])
    await store.dncPulls.plan(0)
    await store.audit.append([audit('key.revoked', ids.newId('key'))])
    const [erasure, key, file] = [ids.newId('era'), ids.newUuid(), ids.newId('gf')]
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id: erasure, tenantId: 'default', actor: 'key_1' },
      audit: audit('erasure.accepted', erasure),
      subject: { kind: 'phone', contactListId: null, value: '+12125550101' },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    await store.guestFiles.begin({
      ...{ id: file, tenantId: 'default', fileName: 'a.txt', contentType: 'text/plain' },
      target: { kind: 'external_contact', externalContactId: 'one' },
      ...{ actor: 'key_1', requestId: 'req', owner: 'me' },
    })
    await run(`insert into dnc_write_slot (slot) values (1)`)
    await run(`insert into dnc_retraction_lane (contact_list_id) values ('list')`)
    await run(`insert into segment_campaign (campaign_id, latest_version) values ('one', 1)`)
    await run(`insert into segment_version (campaign_id, version, tenant_id, state, content, analysis, progress, actor, request_id, revision)
      values ('one', 1, 'default', 'applying', '{}', '{}', '{}', 'key_1', 'req', 1)`)
    for (const table of ['segment_campaign', 'guest_file', 'dnc_retraction_lane', 'upkeep']) {
      await run(`update ${table} set ready_at = clock_timestamp()`)
    }
    await run(`delete from upkeep where task <> 'retention'`)
  })
  after(() => store.close())

  for (const [table, claim] of HELD) {
    it(`nobody takes what a live worker holds: ${table}`, async () => {
      await run(
        `update ${table} set owner = 'alive', lease_until = clock_timestamp() + interval '9 seconds'`,
      )
      assert.equal(await claim(store, 'other'), null)
      // Makes what is stored an hour older, as a jump ahead by an hour does.
      await run(`update ${table} set lease_until = lease_until - ${HOUR}`)
      await run(
        `update database_clock set seen_at = clock_timestamp() - ${HOUR}, doubted_from = null, off_ms = null`,
      )
      assert.equal(await claim(store, 'other'), null)
      const { jumpedMs } = await store.clock.look(() => SECOND_MS)
      assert.ok(jumpedMs !== null && jumpedMs > 0)
      assert.equal(await claim(store, 'other'), null)
      await run(`update ${table} set lease_until = lease_until - interval '1 minute'`)
      assert.notEqual(await claim(store, 'other'), null)
    })
  }
})
