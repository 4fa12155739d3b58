import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createNumbersAmong } from '../../../../src/store/do-not-call/registries/registry-look-up.ts'
import { createKeyring } from '../../../../src/store/homes/keyring.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { openServer } from '../../../../src/store/homes/server-home.ts'
import { SuppressionUnknown } from '../../../../src/workflows/ports/do-not-call/suppressions.ts'
import { openTestStore, serverHome, TEST_KEYS } from '../../../support/databases/database.ts'
import {
  loadEdition,
  makeRegistry,
  useRegistries,
} from '../../../support/do-not-call/registry-editions.ts'
import { createWorkingGateway } from '../../../support/gateway/working-gateway.ts'
import { audit } from '../../../support/stages/store-uploads.ts'

const ANN = 12_125_550_101
const BO = 12_125_550_102

describe(
  'An edition that is deleted while numbers are looked up in it',
  {
    skip: serverHome().skip,
  },
  () => {
    const home = serverHome()
    let store: Store
    let url: string
    before(async () => {
      const place = await home.fresh()
      assert.ok(place.kind === 'server')
      url = place.url
      store = await openTestStore(place)
      await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
      await makeRegistry(store, 'ftc')
      await useRegistries(store, 'default', ['ftc'])
    })
    after(async () => {
      await store.close()
      await home.close()
    })

    const remove = (id: string) =>
      store.registries.remove({
        ...{ name: 'ftc', id, audit: audit('registry.edition_deleted', id) },
      })

    for (const moment of ['before', 'after'] as const) {
      it(`makes the answer unknown when it goes ${moment} its pages are read`, async () => {
        const { id } = await loadEdition(store, 'ftc', [BO])
        const { editions } = await store.suppressions.standingOf('list')
        const database = openServer({ url, poolSize: 1 })
        const look = createNumbersAmong(
          {
            ...database,
            readBytes: async (...asked) => {
              if (moment === 'before') await remove(id)
              await database.readBytes(...asked)
              if (moment === 'after') await remove(id)
            },
          },
          createKeyring(TEST_KEYS),
        )
        await assert.rejects(look(editions, Float64Array.of(ANN, BO)), SuppressionUnknown)
        await database.close()
      })
    }

    it('leaves the rows of an upload not looked up, and they are sent by what is in force then', async () => {
      const { id } = await loadEdition(store, 'ftc', [BO])
      const { numbersAmong } = store.suppressions
      let removed = false
      const suppressions = {
        ...store.suppressions,
        numbersAmong: async (...asked: Parameters<typeof numbersAmong>) => {
          if (!removed) await remove(id)
          removed = true
          return numbersAmong(...asked)
        },
      }
      const g = createWorkingGateway({ ...store, suppressions }, 'list')
      const upload = await g.uploadContacts([
        { id: 'ann', phone: `+${ANN}` },
        { id: 'bo', phone: `+${BO}` },
      ])
      assert.deepEqual([upload.counts.accepted, upload.counts.suppressed], [2, 0])
      const { rows } = await store.sql.executeSql('select registries from upload where id = $1', [
        upload.id,
      ])
      assert.deepEqual(rows, [{ registries: null }], 'nothing counts as looked up')
      await loadEdition(store, 'ftc', [ANN])
      await g.work()
      assert.deepEqual(
        g.genesys.sent.flatMap(({ contactIds }) => contactIds),
        ['bo'],
      )
    })
  },
)
