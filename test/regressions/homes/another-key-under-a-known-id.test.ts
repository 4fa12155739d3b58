import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { openStore, type Store, type StoreHome } from '../../../src/store/homes/open-store.ts'
import { eachHome } from '../../support/databases/database.ts'
import { ids } from '../../support/stages/store-uploads.ts'

/** The id of a key, and the byte of which the key consists. */
type Key = readonly [id: string, byte: number]

const open = (home: StoreHome, ...keys: Key[]): Promise<Store> =>
  openStore({
    home,
    encryptionKeys: keys.map(([id, byte]) => ({ id, key: Buffer.alloc(32, byte) })),
    clock: systemClock,
    ids,
    emit: () => {},
    publicUrl: 'https://gateway.example',
  })

const openAndClose = async (home: StoreHome, ...keys: Key[]): Promise<void> => {
  const store = await open(home, ...keys)
  await store.close()
}

/**
 * Every `.env` of the runbook calls its key k1. With the `.env` of another gateway, the start ended
 * with "Unsupported state or unable to authenticate data". If the key of two instances differed
 * only in a rotation, both started, and each sealed what the other could not open.
 */
eachHome('A key of ENCRYPTION_KEYS that is not the one of its id', (home) => {
  test('a start with another key under the id of the key that sealed is refused, and names the id', async () => {
    const place = await home.fresh()
    await openAndClose(place, ['k1', 1])
    const named = /ENCRYPTION_KEYS has another key under the id "k1" than the one that sealed/
    await assert.rejects(open(place, ['k1', 2]), named)
    await assert.rejects(open(place, ['k2', 3], ['k1', 2]), named)
    await openAndClose(place, ['k1', 1])
  })

  test('a lost encryption.key of DATA_DIR is named as the file', async () => {
    const place = await home.fresh()
    await openAndClose(place, ['kept', 1])
    await assert.rejects(open(place, ['kept', 2]), /DATA_DIR has another encryption\.key than/)
  })

  test('a new key under an id that an instance has given another new key is refused', async () => {
    const place = await home.fresh()
    await openAndClose(place, ['k1', 1])
    await openAndClose(place, ['k2', 2], ['k1', 1])
    await assert.rejects(open(place, ['k2', 3], ['k1', 1]), /under the id "k2"/)
    await assert.rejects(open(place, ['k1', 1], ['k2', 3]), /under the id "k2"/)
    await openAndClose(place, ['k1', 1], ['k2', 2])
  })

  test('a record of an earlier version, which has no check value, gets one at the next start', async () => {
    const place = await home.fresh()
    const store = await open(place, ['k1', 1])
    await store.sql.executeSql('update encryption_key set check_value = null')
    await store.close()
    await assert.rejects(open(place, ['k1', 2]), /under the id "k1"/)
    await openAndClose(place, ['k1', 1])
    await assert.rejects(open(place, ['k1', 2]), /under the id "k1"/)
  })
})
