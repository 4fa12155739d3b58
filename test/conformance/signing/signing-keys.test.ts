import assert from 'node:assert/strict'
import { it } from 'node:test'

import { isSignatureOf } from '../../../src/domain/signing/ed25519.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { openStore, type Store, type StoreHome } from '../../../src/store/homes/open-store.ts'
import { eachHome, TEST_KEYS } from '../../support/databases/database.ts'

const one = { id: 'one', key: Buffer.alloc(32, 1) }
const two = { id: 'two', key: Buffer.alloc(32, 2) }

eachHome('Signing keys', (home) => {
  const opened = async <T>(
    place: StoreHome,
    signingKeys: (typeof one)[],
    act: (store: Store) => Promise<T>,
  ): Promise<T> => {
    const store = await openStore({
      home: place,
      encryptionKeys: TEST_KEYS,
      signingKeys,
      clock: systemClock,
      ids: createIds({ clock: systemClock }),
      emit: () => {},
      publicUrl: 'https://gateway.example',
    })
    try {
      return await act(store)
    } finally {
      await store.close()
    }
  }
  const signs = (store: Store) => store.signing.sign('audit-block', 'text')
  const proves = async (store: Store, signed: ReturnType<typeof signs>): Promise<boolean> => {
    const key = (await store.signing.list()).find(({ id }) => id === signed.keyId)!
    const about = { purpose: 'audit-block' as const, text: 'text', signature: signed.signature }
    return isSignatureOf(key.publicKey, about)
  }

  it('are made once, and kept sealed', async () => {
    const place = await home.fresh()
    const first = await opened(place, [], async (store) => {
      const { rows } = await store.sql.executeSql('select sealed from signing_key')
      assert.ok((rows as { sealed: Buffer }[])[0]!.sealed.byteLength > 32)
      return signs(store)
    })
    await opened(place, [], async (store) => {
      assert.equal((await store.signing.list()).length, 1)
      // Ed25519 makes the same signature for the same text, so this is the same key.
      assert.deepEqual(signs(store), first)
      assert.equal(await proves(store, first), true)
    })
  })

  it('change by their id: what an older one signed is still proved', async () => {
    const place = await home.fresh()
    const kept = await opened(place, [], async (store) => signs(store))
    const older = await opened(place, [one], async (store) => signs(store))
    await opened(place, [two], async (store) => {
      const newer = signs(store)
      assert.equal(newer.keyId, 'two')
      for (const signed of [kept, older, newer]) assert.equal(await proves(store, signed), true)
      const current = (await store.signing.list()).filter((key) => key.current)
      assert.deepEqual(
        current.map(({ id }) => id),
        ['two'],
      )
    })
  })

  it('refuse to give a known id to another key', async () => {
    const place = await home.fresh()
    await opened(place, [one], async () => undefined)
    await assert.rejects(
      opened(place, [{ ...two, id: 'one' }], async () => undefined),
      /differs from the earlier key/u,
    )
  })
})
