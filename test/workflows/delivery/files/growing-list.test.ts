import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import type {
  ImportEvent,
  ImportStatus,
} from '../../../../src/workflows/ports/delivery/contact-files.ts'
import { asFile, makeChunk } from '../../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../../support/memory/memory-genesys.ts'
import { deliveryOver, names } from '../../../support/stages/delivery-run.ts'
import {
  deliverToSandbox,
  keepGrowing,
  startWorld,
} from '../../../support/stages/sandboxed-delivery.ts'
import { createLeapingClock } from '../../../support/stages/test-clock.ts'

/** More contacts than the gateway reads the list in five minutes. */
const ENDLESSLY = 900

describe('an import into a list that other clients add contacts to', () => {
  let world: Awaited<ReturnType<typeof startWorld>>
  beforeEach(async () => {
    world = await startWorld()
  })
  afterEach(() => world.close())

  /** Counts the contacts that the gateway reads back. */
  const countReads = (): { contacts: number } => {
    const read = { contacts: 0 }
    const { readContacts } = world.client.contactReads
    Object.assign(world.client.contactReads, {
      readContacts: (...args: Parameters<typeof readContacts>) => {
        read.contacts += args[1].length
        return readContacts(...args)
      },
    })
    return read
  }

  it('is judged by the size at which the list comes to rest', async () => {
    const { contactLists } = world.client
    const { readContactList } = contactLists
    /** By how many contacts the size that Genesys shows lags behind. One less at each reading. */
    let late = 0
    Object.assign(contactLists, {
      readContactList: async (...args: Parameters<typeof readContactList>) => {
        const list = await readContactList(...args)
        if (list.size === 0) late = 20
        late = Math.max(0, late - 1)
        return { ...list, size: Math.max(0, list.size! - late) }
      },
    })
    const read = countReads()
    const t = await deliverToSandbox(world, [makeChunk(0, names(600))])
    await t.run()
    assert.equal(late, 0)
    assert.deepEqual([t.store.upload.state, t.store.upload.counts.delivered], ['completed', 600])
    assert.ok(read.contacts < 600, 'it read every row, although the list had grown by all of them')
  })

  it('proves nothing by the growth of a list that does not rest, so that every row is read', async () => {
    world.sandbox.setFaults([{ kind: 'reject-rows', contactIds: ['c1', 'c555'], nameRows: false }])
    const t = await deliverToSandbox(world, [makeChunk(0, names(600))])
    const theirs = keepGrowing(world, ENDLESSLY)
    await t.run()
    assert.ok(theirs.length < ENDLESSLY, 'it waited until the list came to rest')
    assert.deepEqual(
      t.store.results.map(({ line, code }) => [line, code]),
      [
        [3, 'genesys-row-not-imported'],
        [557, 'genesys-row-not-imported'],
      ],
    )
    assert.equal(t.store.register.size, 598)
  })

  it('is not read a second time if the sample had all its rows', async () => {
    const read = countReads()
    const t = await deliverToSandbox(world, [makeChunk(0, names(200))])
    const theirs = keepGrowing(world, ENDLESSLY)
    await t.run()
    assert.ok(theirs.length < ENDLESSLY, 'it waited until the list came to rest')
    assert.equal(t.store.upload.state, 'completed')
    assert.ok(read.contacts <= 450, `it read ${read.contacts} contacts`)
  })

  it('holds the upload if the file was lost, however much the list grows', async () => {
    world.sandbox.setFaults([{ kind: 'import-lost' }])
    const t = await deliverToSandbox(world, [makeChunk(0, names(50))])
    const theirs = keepGrowing(world, 2 * ENDLESSLY)
    await t.run()
    assert.ok(theirs.length < ENDLESSLY, 'it waited until the list came to rest')
    const { hold, counts } = t.store.upload
    assert.deepEqual([hold?.reason, counts.delivered], ['import_unproven', 0])
    assert.equal(t.store.register.size, 0)
  })
})

const CHUNK_ROWS = 5_000
const IDS = names(21 * CHUNK_ROWS)
const ENDED: ImportStatus = {
  state: 'completed',
  total: IDS.length,
  completed: IDS.length,
  percent: 100,
  failureReason: null,
}
const FAULT: ImportEvent = {
  at: new Date('2099-01-01'),
  code: 'bad_row',
  rowCode: 'genesys-phone-invalid',
  level: 'error',
}

/**
 * Imports a file of 105,000 rows into a list whose size is larger at each reading, or that has no
 * size. Returns the store, and how many contacts were read back.
 */
const importLarge = async (about: {
  grows: boolean
  events: ImportEvent[]
  lost: readonly string[]
}) => {
  const chunks = Array.from({ length: 21 }, (_, seq) =>
    makeChunk(seq, IDS.slice(seq * CHUNK_ROWS, (seq + 1) * CHUNK_ROWS), {
      firstLine: 2 + seq * CHUNK_ROWS,
    }),
  )
  const store = createMemoryDelivery(chunks, asFile(chunks))
  const genesys = createMemoryGenesys()
  if (about.grows) {
    genesys.onRead = () => {
      const size = Math.min(ENDLESSLY, (genesys.list.size ?? 0) + 1)
      genesys.list = { ...genesys.list, size }
    }
  }
  const lost = new Set(about.lost)
  let sent = 0
  let contacts = 0
  const { run } = deliveryOver(
    { store, genesys, clock: createLeapingClock() },
    {
      contactReads: {
        readContacts: async (_, ids) => {
          contacts += ids.length
          const held = sent === 0 ? [] : ids.filter((id) => !lost.has(id))
          return new Map(held.map((id) => [id, { id, note: 'a' }]))
        },
      },
      contactFiles: {
        ...genesys.contactFiles,
        sendFile: null,
        sendCallbackFile: null,
        startImport: async () => {
          sent += 1
        },
        readImport: async () => (sent === 0 ? { ...ENDED, total: 1 } : ENDED),
        readImportEvents: async () => (sent === 0 ? [] : about.events),
      },
    },
  )
  const never = new AbortController().signal
  await run({ signal: never, rest: never, assertHeld: () => undefined })
  return { store, sent, contacts }
}

describe('an import of more than 100,000 rows into a list of which nobody knows the growth', () => {
  for (const grows of [true, false]) {
    const list = grows ? 'that does not rest' : 'without a size'

    it(`is proven by the sample if nothing shows that rows are missing (a list ${list})`, async () => {
      const { store, sent, contacts } = await importLarge({ grows, events: [], lost: [] })
      assert.equal(sent, 1)
      assert.deepEqual([store.upload.state, store.upload.counts.failed], ['completed', 0])
      assert.ok(contacts < 1_000, `it read ${contacts} contacts`)
    })

    it(`is read as a whole if rows may be missing (a list ${list})`, async () => {
      const lost = ['c7', 'c100007']
      const { store, sent } = await importLarge({ grows, events: [FAULT], lost })
      assert.equal(sent, 1)
      assert.deepEqual(
        store.results.map(({ line, code }) => [line, code]),
        [
          [9, 'genesys-phone-invalid'],
          [100_009, 'genesys-phone-invalid'],
        ],
      )
      const { counts, problem } = store.upload
      assert.deepEqual([counts.delivered, counts.failed, problem], [104_998, 2, null])
    })
  }
})
