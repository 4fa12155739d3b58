import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import type { FaultPlan } from '../../../../src/sandbox/faults/fault-plan.ts'
import { makeChunk } from '../../../support/memory/made-uploads.ts'
import { names } from '../../../support/stages/delivery-run.ts'
import {
  deliverToSandbox,
  SANDBOX_LIST,
  startWorld,
} from '../../../support/stages/sandboxed-delivery.ts'

const context = () => ({
  tenantId: 'default',
  class: 'delivery' as const,
  signal: new AbortController().signal,
  retryForMs: 60_000,
})

describe('an import, whatever Genesys says of it', () => {
  let world: Awaited<ReturnType<typeof startWorld>>
  beforeEach(async () => {
    world = await startWorld()
  })
  afterEach(() => world.close())

  const held = (): string[] => [...world.sandbox.contents(SANDBOX_LIST).keys()]
  const faults = (...plan: FaultPlan & object[]): void => world.sandbox.setFaults(plan)
  const countsOf = ({ store }: { store: { upload: { counts: object } } }) => {
    const { delivered, failed, unprocessed } = store.upload.counts as Record<string, number>
    return { delivered, failed, unprocessed }
  }
  /** Another application's import of these rows into the list. */
  const importElsewhere = (ids: readonly string[]): Promise<void> => {
    const csv = Buffer.from(['id,note', ...ids.map((id) => `${id},theirs`)].join('\r\n'))
    const part = { listId: SANDBOX_LIST, requestId: crypto.randomUUID(), fileName: 'x.csv' }
    const file = { ...part, csv, rows: ids.length, contactIdColumn: 'id' }
    return world.client.contactFiles.startImport!(file, context())
  }

  it('is delivered when the list shows it', async () => {
    const t = await deliverToSandbox(world, [makeChunk(0, names(30)), makeChunk(1, names(20, 'd'))])
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(t.store.register.size, 50)
    assert.equal(held().length, 50)
  })

  it('is never delivered when the file was lost, though an import of as many rows ended before', async () => {
    const first = await deliverToSandbox(world, [makeChunk(0, names(50))])
    await first.run()
    assert.equal(first.store.upload.state, 'completed')
    faults({ kind: 'import-lost' })
    const t = await deliverToSandbox(world, [makeChunk(0, names(50, 'new'))])
    await t.run()
    const { hold, problem } = t.store.upload
    assert.deepEqual([hold?.reason, problem?.code], ['import_unproven', 'import-unproven'])
    assert.equal(t.store.retryInMs, 3_600_000)
    assert.deepEqual(countsOf(t), { delivered: 0, failed: 0, unprocessed: 0 })
    assert.equal(t.store.register.size, 0)
    assert.equal([...t.store.allParts.values()][0]?.attempts, 2)
    faults()
    t.goOn()
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(held().length, 100)
  })

  it('is delivered, and not sent again, when it was carried out after all', async () => {
    faults({ kind: 'import-lost' })
    const t = await deliverToSandbox(world, [makeChunk(0, names(400))])
    await t.run()
    faults()
    const late = await deliverToSandbox(world, [makeChunk(0, names(400))])
    await late.run()
    t.goOn()
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.equal([...t.store.allParts.values()][0]?.attempts, 2)
    assert.equal(t.store.register.size, 400)
  })

  it('is delivered by what the list shows when the status never moves', async () => {
    faults({ kind: 'import-status-stuck' })
    const before = world.clock.monotonicMs()
    const t = await deliverToSandbox(world, [makeChunk(0, names(20))])
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(t.store.register.size, 20)
    assert.ok(world.clock.monotonicMs() - before < 120_000, 'it waited for the status')
  })

  it('names every row for which a list was full, though one event of another category tells of them', async () => {
    faults(
      { kind: 'list-capacity', contacts: 30 },
      { kind: 'import-events-aggregated' },
      { kind: 'import-event-category', category: 'ENTITY_LIMIT' },
    )
    const t = await deliverToSandbox(world, [makeChunk(0, names(50))])
    await t.run()
    assert.deepEqual(countsOf(t), { delivered: 30, failed: 20, unprocessed: 0 })
    assert.deepEqual([...new Set(t.store.results.map(({ code }) => code))], ['contact-list-full'])
    assert.deepEqual([...t.store.register.keys()].toSorted(), held().toSorted())
  })

  it('names the rows of an aggregated event, with what Genesys said', async () => {
    faults(
      { kind: 'reject-rows', contactIds: ['c3', 'c7', 'c11'], message: 'IMPORT_INVALID_DATA' },
      { kind: 'import-events-aggregated' },
    )
    const t = await deliverToSandbox(world, [makeChunk(0, names(40))])
    await t.run()
    assert.deepEqual(
      t.store.results.map(({ line }) => line),
      [5, 9, 13],
    )
    assert.ok(t.store.results.every(({ said }) => said !== null))
    assert.equal(t.store.register.size, 37)
  })

  it('names rows that no event tells of, in a file too large to be read as a whole', async () => {
    faults({ kind: 'reject-rows', contactIds: ['c1', 'c555'], nameRows: false })
    const t = await deliverToSandbox(world, [makeChunk(0, names(600))])
    await t.run()
    assert.deepEqual(
      t.store.results.map(({ line, code }) => [line, code]),
      [
        [3, 'genesys-row-not-imported'],
        [557, 'genesys-row-not-imported'],
      ],
    )
    assert.equal(t.store.register.size, 598)
  })

  for (const [what, theirs] of [
    ['another number of rows', names(7, 'x')],
    ['as many rows', names(50, 'x')],
  ] as const) {
    it(`is not taken for somebody else's import of ${what}`, async () => {
      faults({ kind: 'import-lost', count: 1 })
      const t = await deliverToSandbox(world, [makeChunk(0, names(50))])
      const { startImport } = world.client.contactFiles
      let sent = 0
      Object.assign(world.client.contactFiles, {
        startImport: async (...args: Parameters<NonNullable<typeof startImport>>) => {
          await startImport!(...args)
          if ((sent += 1) > 1) return
          const csv = Buffer.from(['id,note', ...theirs.map((id) => `${id},x`)].join('\r\n'))
          await startImport!({ ...args[0], csv, rows: theirs.length }, args[1])
        },
      })
      await t.run()
      assert.equal(sent, 2, 'the file was not sent again')
      assert.equal(t.store.upload.state, 'completed')
      assert.equal(held().length, 50 + theirs.length)
    })
  }

  it('waits for an import of somebody else and tells its own from it', async () => {
    await importElsewhere(names(90, 'x'))
    const t = await deliverToSandbox(world, [makeChunk(0, names(50))])
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(held().length, 140)
  })

  it('fails its rows when the import failed and nothing of it is shown', async () => {
    faults({ kind: 'import-failed', reason: 'TOO_MANY_ROWS' })
    const t = await deliverToSandbox(world, [makeChunk(0, names(10))])
    await t.run()
    assert.equal(t.store.upload.state, 'failed')
    assert.deepEqual(
      [...new Set(t.store.results.map(({ code, said }) => `${code} ${said}`))],
      ['genesys-import-failed too_many_rows'],
    )
    assert.equal(t.store.register.size, 0)
  })

  it('brings back rows that a late clearing wiped, of a list that was empty before and of one that was not', async () => {
    for (const imported of [0, 20]) {
      assert.equal(held().length, imported)
      faults({ kind: 'clear-lag', lagMs: 2_500 })
      const t = await deliverToSandbox(world, [makeChunk(0, names(20))], { mode: 'overwrite' })
      await t.run()
      assert.equal(t.store.upload.state, 'completed')
      world.clock.skip(600_000)
      assert.equal(held().length, 20)
      assert.equal(t.store.register.size, 20)
    }
    assert.ok(world.sandbox.ledger().imports.length > 2, 'nothing was wiped')
  })
})
