import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import fc from 'fast-check'

import { FINAL_STATES, type Upload } from '../../../src/domain/uploads/upload.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 4)

type Tenant = 'default' | 'other' | 'third'

/**
 * Stages an upload of this tenant to the list, with the digests that its contacts have. All
 * contents are equal here, so the upload asks to be sent anyway.
 */
const stageOf = async (
  store: Store,
  list: string,
  tenantId: Tenant,
  contacts: string[],
): Promise<Upload> => {
  const upload = await stageUpload(store, { list, accepted: contacts })
  const digests = Buffer.concat(contacts.map((id) => sha256(id).subarray(0, 16)))
  await store.sql.executeSql(`update chunk set id_digests = $2 where upload_id = $1`, [
    upload.id,
    digests,
  ])
  await store.sql.executeSql(
    `insert into register (tenant_id, list_id) values ($1, $2) on conflict do nothing`,
    [tenantId, list],
  )
  await store.sql.executeSql(
    `update upload set tenant_id = $2, duplicates = 'ignore' where id = $1`,
    [upload.id, tenantId],
  )
  return { ...upload, tenantId }
}

eachHome('Tenants that share a lane', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other'), ('third')`)
  })
  after(() => store.close())

  const goInto = async (
    list: string,
    uploads: readonly [Tenant, string[]][],
  ): Promise<readonly (readonly string[])[]> => {
    const { genesys, work } = createShipmentLane(store, list, {})
    for (const [tenant, contacts] of uploads) await stageOf(store, list, tenant, contacts)
    await work(null)
    return genesys.sent.map(({ contactIds }) => contactIds)
  }

  it('pass each other: what each has goes in one request', async () => {
    const sent = await goInto('apart', [
      ['default', ['a']],
      ['other', ['x']],
      ['default', ['b']],
      ['other', ['y']],
      ['default', ['c']],
    ])
    assert.deepEqual(sent, [
      ['a', 'b', 'c'],
      ['x', 'y'],
    ])
  })

  it('pass nobody who has one of their contacts, and what follows waits with it', async () => {
    const sent = await goInto('collide', [
      ['default', ['a']],
      ['other', ['x', 'y']],
      ['default', ['b']],
      ['default', ['y']],
      ['default', ['c']],
    ])
    assert.deepEqual(sent, [
      ['a', 'b'],
      ['x', 'y'],
      ['y', 'c'],
    ])
  })

  it('pass nobody who replaces the contents of the list, or has several chunks', async () => {
    for (const [list, change] of [
      ['replaces', `update upload set mode = 'overwrite' where id = $1`],
      [
        'several',
        `insert into chunk select (jsonb_populate_record(chunk, '{"seq": 1}')).* from chunk where upload_id = $1`,
      ],
    ] as const) {
      const first = await stageOf(store, list, 'default', ['a'])
      const other = await stageOf(store, list, 'other', ['x'])
      await stageOf(store, list, 'default', ['b'])
      await store.sql.executeSql(change, [other.id])
      await store.sql.executeSql(`update lane set ready_at = 'infinity' where key <> $1`, [
        first.laneKey,
      ])
      const claim = await store.lanes.claim('me')
      assert.equal(claim?.key, first.laneKey)
      const waiting = await store.delivery.waiting(claim, 10)
      assert.deepEqual(
        waiting.map(({ id }) => id),
        [first.id],
      )
    }
  })

  it('pass each other with what comes while a request waits for its slot too', async () => {
    const list = 'late'
    const { genesys, work } = createShipmentLane(store, list, {})
    await stageOf(store, list, 'default', ['a'])
    await stageOf(store, list, 'other', ['x'])
    const { sendBatch } = genesys
    genesys.sendBatch = async (batch, context) => {
      if (genesys.sent.length === 0) {
        await stageOf(store, list, 'default', ['b'])
        await stageOf(store, list, 'default', ['x', 'c'])
      }
      return sendBatch(batch, context)
    }
    await work(null)
    assert.deepEqual(
      genesys.sent.map(({ contactIds }) => contactIds),
      [['a', 'b'], ['x'], ['x', 'c']],
    )
  })

  it('leave each contact with the newest content, whoever sent it and wherever the process is killed', async () => {
    const tenant = fc.constantFrom<Tenant[]>('default', 'other', 'third')
    const contacts = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), {
      minLength: 1,
      maxLength: 2,
    })
    const kill = fc.option(fc.integer({ min: 1, max: 30 }))
    const steps = fc.array(fc.tuple(tenant, contacts, fc.nat({ max: 3 }), kill), {
      minLength: 3,
      maxLength: 10,
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        run += 1
        const list = `mixed-${run}`
        const { genesys, work } = createShipmentLane(store, list, {})
        const newest = new Map<string, Tenant>()
        const made: Upload[] = []
        for (const [tenantId, ids, deliver, killAfter] of all) {
          made.push(await stageOf(store, list, tenantId, ids))
          for (const id of ids) newest.set(id, tenantId)
          if (deliver === 0) await work(killAfter)
        }
        await work(null)
        for (const { id, tenantId } of made) {
          const upload = await store.uploads.find(tenantId, id)
          assert.ok((FINAL_STATES as readonly string[]).includes(upload!.state), upload!.state)
          assert.equal(upload!.counts.failed, 0)
        }
        const { rows } = await store.sql.executeSql(`select id, tenant_id from shipment`)
        const tenantOf = new Map(
          (rows as { id: string; tenant_id: string }[]).map((row) => [row.id, row.tenant_id]),
        )
        const last = new Map<string, string | undefined>()
        for (const { requestId, contactIds } of genesys.sent) {
          for (const id of contactIds) last.set(id, tenantOf.get(requestId))
        }
        assert.deepEqual(Object.fromEntries(last), Object.fromEntries(newest))
      }),
      { numRuns: RUNS, endOnFailure: true },
    )
  })
})
