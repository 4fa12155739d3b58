import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ReconciliationResult } from '../../../../src/domain/uploads/reconciliation.ts'
import { createContentHashes } from '../../../../src/workflows/delivery/content-hashes.ts'
import type { JobStatus } from '../../../../src/workflows/ports/genesys/genesys.ts'
import type { ReconcileDeps } from '../../../../src/workflows/uploads/reconcile/asking.ts'
import { createReconcileUpload } from '../../../../src/workflows/uploads/reconcile/reconcile-upload.ts'
import { makeChunk, makeUpload } from '../../../support/memory/made-uploads.ts'
import { createMemoryLists } from '../../../support/memory/memory-lists.ts'
import { createManualClock } from '../../../support/stages/test-clock.ts'

const contentHashes = createContentHashes(Buffer.alloc(32, 5))

/**
 * `count` uploads of one contact that wait for one check. `lost`: contacts that Genesys does not
 * show.
 */
const setUp = (count: number, about: { guide?: boolean; lost?: string[] } = {}) => {
  const made = Array.from({ length: count }, (_, n) => {
    const chunk = makeChunk(0, [`c${n}`])
    const upload = makeUpload([chunk], { id: `upl_${n}`, state: 'completed' })
    return { upload, chunk, doubted: false }
  })
  const chunkOf = (id: string) => made.find(({ upload }) => upload.id === id)!.chunk
  const register = new Map(
    made.map(({ upload, chunk }, n) => {
      const contentHash = contentHashes(chunk, upload.targetColumns).subarray(0, 16)
      return [`c${n}`, { contentHash, acceptedSeq: 5 }]
    }),
  )
  const lost = new Set(about.lost)
  const asked: string[][] = []
  const results = new Map<string, ReconciliationResult>()
  const postponed: string[][] = []
  let lists = 0
  let jobs = 0
  const deps: ReconcileDeps = {
    reconciliations: {
      load: async (id) => {
        const open = made.filter(({ upload }) => !results.has(upload.id))
        const own = open.some(({ upload }) => upload.id === id) ? open : []
        return own.map(({ upload, doubted }) => ({ upload, doubted, tries: 0 }))
      },
      postpone: async (ids) => {
        postponed.push([...ids])
        for (const one of made) if (ids.includes(one.upload.id)) one.doubted = true
      },
      record: async (id, result) => void results.set(id, result),
      jobs: async (ids) => ids.map((uploadId) => ({ uploadId, jobId: 'shared', rows: count })),
    },
    delivery: {
      chunkSeqs: async () => [0],
      registered: async (_tenant, _list, ids) => ({
        known: new Map(ids.flatMap((id) => (register.has(id) ? [[id, register.get(id)!]] : []))),
        ofOthers: new Map(),
      }),
      registerSize: async () => count,
    },
    uploads: { readChunk: async (id) => chunkOf(id) },
    lists: createMemoryLists(),
    contactLists: {
      dialect: about.guide ? 'guide' : 'platform',
      readContactList: async (id) => {
        lists += 1
        const columns = [] as never[]
        return { id, name: 'one', status: 'ready', schemaVersion: 'v1', columns, size: count }
      },
      readJob: async (): Promise<JobStatus> => {
        jobs += 1
        return { state: 'completed', processed: count - lost.size, failed: 0, errors: [] }
      },
    },
    contactReads: about.guide
      ? null
      : {
          readContacts: async (_list, ids) => {
            asked.push([...ids])
            const shown = ids.filter((id) => !lost.has(id))
            return new Map(
              shown.map((id) => [id, { id, note: chunkOf(`upl_${id.slice(1)}`).cells[1]! }]),
            )
          },
        },
    contentHashes,
    clock: createManualClock(),
    emit: () => undefined,
    signal: new AbortController().signal,
  }
  const calls = () => ({ lists, jobs, reads: asked.length })
  return { asked, results, postponed, calls, look: createReconcileUpload(deps) }
}

describe('uploads that wait for one look', () => {
  it('share one read of at most 50 contacts, and each has a verdict of its own', async () => {
    const t = setUp(30, { lost: ['c7'] })
    await t.look('upl_29')
    assert.deepEqual(t.calls(), { lists: 1, jobs: 0, reads: 1 })
    assert.equal(t.asked[0]!.length, 30)
    assert.deepEqual(t.postponed, [['upl_7']])
    assert.equal(t.results.size, 29)
    await t.look('upl_7')
    assert.deepEqual(t.asked[1], ['c7'])
    assert.deepEqual(
      [t.results.get('upl_7')?.state, t.results.get('upl_7')?.missing],
      ['differs', 1],
    )
    const states = [...t.results].filter(([, { state }]) => state === 'agrees')
    assert.equal(states.length, 29)
  })

  it('agree by the size of the list where they are more than one read shows', async () => {
    const t = setUp(70)
    await t.look('upl_0')
    assert.deepEqual(t.calls(), { lists: 1, jobs: 0, reads: 1 })
    assert.equal(t.asked[0]!.length, 50)
    const sampled = [...t.results.values()].map((result) => result.sampled)
    assert.equal(sampled.filter((rows) => rows === 1).length, 50)
    assert.equal(sampled.filter((rows) => rows === 0).length, 20)
    assert.ok([...t.results.values()].every(({ state }) => state === 'agrees'))
  })

  it('ask for the job that they share once (guide)', async () => {
    const t = setUp(4, { guide: true })
    await t.look('upl_2')
    assert.deepEqual(t.calls(), { lists: 1, jobs: 1, reads: 0 })
    assert.deepEqual(
      [...t.results.values()].map(({ sampled }) => sampled),
      [4, 4, 4, 4],
    )
  })

  it('are passed over when another one of them was looked at', async () => {
    const t = setUp(3)
    await t.look('upl_0')
    await t.look('upl_1')
    assert.equal(t.calls().lists, 1)
  })
})
