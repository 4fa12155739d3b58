import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { ANN, idsOf, look, openIn } from '../../support/do-not-call/delivered-before.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import { Crash, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'

/** The steps of a process until Genesys has applied its first request. */
const SENT = 6

/**
 * The answer to a request was lost, and then Genesys refused the upload for good. The rows of the
 * request were reported as unprocessed and refused, although Genesys had them. They were also not
 * compared with the do-not-call entries that had come in the meantime.
 */
eachHome('An upload that fails after the answer to a request was lost', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const refuse = (): never => {
    throw new GenesysFailure('forbidden', 'send-batch')
  }
  const ended = async (id: string) => {
    const { state, counts } = (await store.uploads.find('default', id))!
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    const { delivered, failed, unprocessed } = counts
    return { state, delivered, failed, unprocessed, codes: rows.map(({ code }) => code) }
  }

  it('says that the outcome of these rows is unknown', async () => {
    const listId = `unanswered-${ids.newUuid()}`
    const g = createWorkingGateway(store, listId)
    g.genesys.onSend = () => {
      throw new Crash()
    }
    const upload = await g.upload(['a', 'b', 'c', 'd'].map((id) => ({ id, note: 'x' })))
    await g.work()
    g.genesys.onSend = refuse
    await g.work()
    assert.deepEqual(await ended(upload.id), {
      ...{ state: 'failed', delivered: 0, failed: 3, unprocessed: 1 },
      codes: ['outcome-unknown', 'outcome-unknown', 'outcome-unknown', 'genesys-refused'],
    })
  })

  it('retracts a person whom an entry named in the meantime', async () => {
    const list = `unanswered-${ids.newUuid()}`
    const g = createWorkingGateway(store, list)
    g.genesys.onSend = () => {
      throw new Crash()
    }
    await g.uploadContacts([{ id: 'ann', phone: ANN }])
    await g.work()
    await addEntries(store, [ANN], { lists: [list] })
    await look(store)
    g.genesys.list = { ...g.genesys.list, schemaVersion: 'other', columns: [] }
    await g.work()
    assert.deepEqual(idsOf(await openIn(store, list)), ['ann'])
  })

  it('says so too if the request was shared', async () => {
    const list = 'unanswered-shared'
    const { genesys, work } = createShipmentLane(store, list)
    const uploads = [
      await stageUpload(store, { list, accepted: ['a'] }),
      await stageUpload(store, { list, accepted: ['b'] }),
    ]
    await work(SENT)
    assert.deepEqual([...genesys.contacts.keys()], ['a', 'b'])
    genesys.onSend = refuse
    await work(null)
    for (const { id } of uploads) {
      assert.deepEqual(await ended(id), {
        ...{ state: 'failed', delivered: 0, failed: 1, unprocessed: 0 },
        codes: ['outcome-unknown'],
      })
    }
  })
})
