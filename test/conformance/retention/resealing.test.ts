import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { seal, sealingKey } from '../../../src/lib/envelope.ts'
import { openStore, type Store, type StoreHome } from '../../../src/store/homes/open-store.ts'
import { createReseal } from '../../../src/workflows/retention/reseal.ts'
import { eachHome } from '../../support/databases/database.ts'
import { contactsOf, deliver } from '../../support/stages/delivered.ts'
import { ids } from '../../support/stages/store-uploads.ts'

type Key = { id: string; byte: number }
const OLD = { id: 'k2025', byte: 1 }
const NEW = { id: 'k2026', byte: 2 }
const PROCESS = join(import.meta.dirname, '../../support/databases/resealing-process.ts')
/** More than fit into a lot. */
const UPLOADS = 450

const open = (home: StoreHome, keys: readonly Key[]): Promise<Store> =>
  openStore({
    home,
    encryptionKeys: keys.map(({ id, byte }) => ({ id, key: Buffer.alloc(32, byte) })),
    clock: systemClock,
    ids,
    emit: () => {},
    publicUrl: 'https://gateway.example',
  })

const run = async <T = Record<string, unknown>>(store: Store, text: string): Promise<T[]> =>
  (await store.sql.executeSql(text)).rows as T[]

/**
 * Values that are sealed with one key: an upload that was delivered, and many copies of its record.
 */
const fill = async (home: StoreHome): Promise<{ uploadId: string; store: Store }> => {
  const store = await open(home, [OLD])
  await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  const upload = await deliver(store, 'list', contactsOf(store, { ada: ['+12125550101'] }))
  await run(
    store,
    `insert into upload (id, tenant_id, contact_list_id, lane_key, accepted_seq, state, mode, duplicates, method, source,
        schema_version, request_id, owner, data_key, data_key_id, completed_at)
      select 'upl_' || lpad(n::text, 8, '0'), tenant_id, contact_list_id, lane_key, 1000 + n, state, mode, duplicates, method, source,
        schema_version, request_id, owner, null, null, completed_at from upload, generate_series(1, ${UPLOADS}) as n
      where id = '${upload.id}'`,
  )
  await store.endpoints.create({
    id: ids.newId('whe'),
    tenantId: 'default',
    name: 'crm',
    url: 'https://crm.example/hook',
    secret: 'whsec_c2VjcmV0',
    events: null,
    audit: {
      ...{ id: ids.newId('aud'), tenantId: 'default', actor: 'me', action: 'endpoint.created' },
      ...{ object: 'whe', requestId: 'req', attempt: 1, latencyMs: null, outcome: 'ok' },
      ...{ counts: {}, details: {}, digest: null },
    },
  } as Parameters<Store['endpoints']['create']>[0])
  return { uploadId: upload.id, store }
}

/** Each copy needs a separate data key, because a data key is sealed for its upload. */
const sealCopies = async (store: Store): Promise<void> => {
  const copies = await run<{ id: string }>(store, `select id from upload where data_key is null`)
  assert.equal(copies.length, UPLOADS)
  const key = sealingKey(Buffer.alloc(32, OLD.byte))
  const sealed = copies.map(({ id }) => ({
    id,
    data_key: seal(key, `upload:${id}`, Buffer.alloc(32, 9)).toString('hex'),
  }))
  await run(
    store,
    `update upload set data_key = decode(g.data_key, 'hex'), data_key_id = '${OLD.id}'
      from jsonb_to_recordset('${JSON.stringify(sealed)}') as g (id text, data_key text) where upload.id = g.id`,
  )
}

const keyIds = async (store: Store): Promise<Record<string, number>> => {
  const rows = await run<{ id: string; n: number }>(
    store,
    `select id, count(*)::int as n from (select data_key_id as id from upload union all select key_id from store_secret
      union all select secret_key_id from sync_endpoint) as used group by id order by id`,
  )
  return Object.fromEntries(rows.map(({ id, n }) => [id, n]))
}

const LEASE = { signal: new AbortController().signal, assertHeld: () => undefined }

/** Does the task as its worker does. Returns the events. */
const resealAll = async (store: Store): Promise<Record<string, object>> => {
  await run(
    store,
    `update upkeep set lease_until = null, ready_at = case task when 'resealing' then clock_timestamp() else 'infinity' end`,
  )
  const claim = (await store.upkeep.claim('me'))!
  const said: Record<string, object> = {}
  const emit = (name: string, fields: object): void => void (said[name] = fields)
  const { upkeep } = store
  await createReseal({ upkeep, reseal: upkeep.reseal, clock: systemClock, emit })(claim, LEASE)
  return said
}

/** Seals lots again in a separate process, and kills it in the middle of the next lot. */
const killInTheMiddle = async (home: StoreHome, keys: readonly Key[]): Promise<number> => {
  const child = spawn(process.execPath, [PROCESS, JSON.stringify(home), JSON.stringify(keys)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.write('lot\n')
  const { value } = await lines.next()
  child.stdin.write('lot\n')
  child.kill('SIGKILL')
  await once(child, 'close')
  return Number(value)
}

eachHome('Sealing again', (home) => {
  const stores: Store[] = []
  after(async () => {
    for (const store of stores) await store.close()
  })

  it('continues a rotation that was killed, moves everything, and reports when the old key can be removed', async () => {
    const place = await home.fresh()
    const { uploadId, store: before } = await fill(place)
    await sealCopies(before)
    assert.deepEqual(await keyIds(before), { [OLD.id]: UPLOADS + 3 })
    await before.close()

    assert.equal(await killInTheMiddle(place, [NEW, OLD]), 200)

    const store = await open(place, [NEW, OLD])
    stores.push(store)
    await store.clock.confirm()
    const half = await keyIds(store)
    assert.ok(half[OLD.id]! > 0 && half[NEW.id]! >= 200, JSON.stringify(half))
    const said = await resealAll(store)
    assert.deepEqual(await keyIds(store), { [NEW.id]: UPLOADS + 3 })
    assert.deepEqual(said['keys.left'], { left: 0, olderKeys: 1 })
    assert.equal(said['keys.retired'], undefined, 'an instance may still seal under it')

    await run(
      store,
      `update encryption_key set seen_at = seen_at - interval '6 minutes' where id = '${OLD.id}'`,
    )
    assert.deepEqual((await resealAll(store))['keys.retired'], { keyId: OLD.id })
    stores.pop()
    await store.close()

    const alone = await open(place, [NEW])
    stores.push(alone)
    assert.equal((await alone.uploads.readChunk(uploadId, 0)).contactIds[0], 'ada')
    assert.deepEqual(await resealAll(alone), { 'keys.left': { left: 0, olderKeys: 0 } })
  })

  it(
    'leaves the key of an instance that never gets the task',
    { skip: home.kind === 'embedded' },
    async () => {
      const place = await home.fresh()
      const store = await open(place, [NEW, OLD])
      const other = await open(place, [OLD, NEW])
      stores.push(store, other)
      await store.clock.confirm()
      await run(store, `update encryption_key set seen_at = seen_at - interval '6 minutes'`)
      const claims = [await store.upkeep.claim('me'), await store.upkeep.claim('me')]
      assert.equal(await other.upkeep.claim('other'), null)
      for (const claim of claims) await store.upkeep.release(claim!, 0)
      assert.equal((await resealAll(store))['keys.retired'], undefined)
    },
  )

  it('does not start without a key under which something is sealed, and says which', async () => {
    const place = await home.fresh()
    const { store } = await fill(place)
    await store.close()
    await assert.rejects(open(place, [NEW]), /ENCRYPTION_KEYS lacks "k2025"/)
    const both = await open(place, [NEW, OLD])
    await deliver(both, 'list-2', contactsOf(both, { bob: ['+12125550102'] }))
    assert.equal((await keyIds(both))[NEW.id], 1, 'new things are sealed under the new key')
    await both.close()
    await assert.rejects(open(place, [OLD]), /lacks "k2026"/)
  })

  it('leaves a key alone that somebody shreds meanwhile', async () => {
    const place = await home.fresh()
    const { uploadId, store } = await fill(place)
    await run(
      store,
      `update upload set data_key = null, data_key_id = null where id = '${uploadId}'`,
    )
    await store.close()
    const later = await open(place, [NEW, OLD])
    stores.push(later)
    await resealAll(later)
    assert.deepEqual(
      await run(later, `select count(*)::int as n from upload where data_key is not null`),
      [{ n: 0 }],
    )
  })
})
