import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import type { StagedChunk } from '../../../../src/domain/uploads/chunk.ts'
import type { ReconciliationResult } from '../../../../src/domain/uploads/reconciliation.ts'
import type { Upload } from '../../../../src/domain/uploads/upload.ts'
import type { GatewayEvents } from '../../../../src/telemetry/events.ts'
import { createContentHashes } from '../../../../src/workflows/delivery/content-hashes.ts'
import type { CallContext, JobStatus } from '../../../../src/workflows/ports/genesys/genesys.ts'
import type { ReconcileDeps } from '../../../../src/workflows/uploads/reconcile/asking.ts'
import { createReconcileUpload } from '../../../../src/workflows/uploads/reconcile/reconcile-upload.ts'
import { makeChunk, makeUpload } from '../../../support/memory/made-uploads.ts'
import { createMemoryLists } from '../../../support/memory/memory-lists.ts'
import { createManualClock } from '../../../support/stages/test-clock.ts'

const contentHashes = createContentHashes(Buffer.alloc(32, 5))

type Held = Map<string, Record<string, string>>

/**
 * An upload of `chunks` that was delivered and that the register knows. Genesys holds exactly its
 * rows until a test changes `held`.
 */
const setUp = (
  chunks: StagedChunk[],
  about: { guide?: boolean; upload?: Partial<Upload> } = {},
) => {
  const upload = makeUpload(chunks, { state: 'completed', ...about.upload })
  const register = new Map<string, { contentHash: Buffer; acceptedSeq: number }>()
  const held: Held = new Map()
  for (const chunk of chunks) {
    const hashes = contentHashes(chunk, upload.targetColumns)
    for (const [row, id] of chunk.contactIds.entries()) {
      register.set(id, { contentHash: hashes.subarray(row * 16, row * 16 + 16), acceptedSeq: 5 })
      held.set(id, { id, note: chunk.cells[row * 2 + 1]!, extra: 'of others' })
    }
  }
  const state = {
    upload,
    register,
    held,
    open: true,
    tries: 0,
    doubted: false,
    size: null as number | null,
    jobs: [] as { jobId: string; rows: number }[],
    job: (_id: string): JobStatus => ({ state: 'completed', processed: 0, failed: 0, errors: [] }),
    /** Called before Genesys answers. May throw a failure. */
    onCall: (): void => undefined,
    postponed: [] as [string, number][],
    results: [] as ReconciliationResult[],
    asked: [] as string[][],
    contexts: [] as CallContext[],
    events: [] as GatewayEvents['upload.reconciled'][],
    /** How many warnings of a difference were given. */
    warned: 0,
    stop: new AbortController(),
  }
  const noteCall = (context: CallContext): void => {
    state.contexts.push(context)
    state.onCall()
  }
  const deps: ReconcileDeps = {
    reconciliations: {
      load: async () =>
        state.open ? [{ upload, tries: state.tries, doubted: state.doubted }] : [],
      postpone: async (_ids, why, nextInMs) => {
        state.postponed.push([why, nextInMs])
        if (why === 'doubt') state.doubted = true
        else state.tries += 1
      },
      record: async (_id, result) => {
        state.open = false
        state.results.push(result)
      },
      jobs: async () => state.jobs.map((job) => ({ uploadId: upload.id, ...job })),
    },
    delivery: {
      chunkSeqs: async () => chunks.map(({ seq }) => seq),
      registered: async (_tenant, _list, ids) => ({
        known: new Map(ids.flatMap((id) => (register.has(id) ? [[id, register.get(id)!]] : []))),
        ofOthers: new Map(),
      }),
      registerSize: async () => register.size,
    },
    uploads: { readChunk: async (_id, seq) => chunks.find((chunk) => chunk.seq === seq)! },
    lists: createMemoryLists(),
    contactLists: {
      dialect: about.guide ? 'guide' : 'platform',
      readContactList: async (id, context) => {
        noteCall(context)
        const columns = [] as never[]
        return { id, name: 'one', status: 'ready', schemaVersion: 'v1', columns, size: state.size }
      },
      readJob: async (jobId, context) => {
        noteCall(context)
        return state.job(jobId)
      },
    },
    contactReads: about.guide
      ? null
      : {
          readContacts: async (_list, ids, context) => {
            noteCall(context)
            state.asked.push([...ids])
            return new Map(ids.flatMap((id) => (held.has(id) ? [[id, held.get(id)!]] : [])))
          },
        },
    contentHashes,
    clock: createManualClock(),
    emit: (name, fields) => {
      if (name === 'upload.differs') state.warned += 1
      else state.events.push(fields as GatewayEvents['upload.reconciled'])
    },
    signal: state.stop.signal,
  }
  return { ...state, state, look: () => createReconcileUpload(deps)(upload.id) }
}

const idsOf = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `c-${from + n}`)
const chunks = (): StagedChunk[] => [
  makeChunk(0, idsOf(0, 100), { leftOut: [0] }),
  makeChunk(1, idsOf(100, 100)),
]

describe('Looking at an ended upload in the platform dialect', () => {
  it('agrees when a sample of at most 50 contacts holds what was sent, whatever other columns hold', async () => {
    const { look, state, results, asked, events, contexts } = setUp(chunks())
    state.size = 500
    await look()
    const found = { missing: 0, differences: {}, listSize: 500, registered: 200 }
    assert.deepEqual(results, [{ state: 'agrees', sampled: 50, ...found }])
    assert.equal(new Set(asked[0]).size, 50)
    assert.ok(!asked[0]!.includes('c-0'), 'a row that was left out was never sent')
    assert.equal(events[0]?.state, 'agrees')
    assert.ok(contexts.every((context) => context.class === 'poll'))
  })

  it('looks once more at what differs, at the same contacts, and then says by column how many', async () => {
    const { look, held, results, postponed, asked, state } = setUp([makeChunk(0, idsOf(0, 40))])
    held.get('c-3')!['note'] = 'secret'
    held.get('c-4')!['note'] = ' a '
    delete held.get('c-5')!['note']
    held.delete('c-6')
    await look()
    assert.deepEqual([results.length, postponed], [0, [['doubt', 5_000]]])
    await look()
    assert.deepEqual(results, [
      {
        state: 'differs',
        sampled: 40,
        missing: 1,
        differences: { note: 2 },
        listSize: null,
        registered: null,
      },
    ])
    assert.equal(state.warned, 1)
    assert.deepEqual(asked[0], asked[1])
    assert.ok(!JSON.stringify(results).includes('secret'))
  })

  it('passes over contacts that a later upload touched, also while it looked', async () => {
    const { look, state, register, held, results } = setUp([makeChunk(0, idsOf(0, 10))])
    register.set('c-1', { contentHash: Buffer.alloc(16, 9), acceptedSeq: 6 })
    register.delete('c-2')
    for (const id of ['c-1', 'c-2', 'c-3']) held.get(id)!['note'] = 'newer'
    // A later upload is about to send the contact, so its content is in doubt from then on.
    state.onCall = () => {
      register.get('c-3')!.contentHash = Buffer.alloc(0)
    }
    await look()
    assert.deepEqual([results[0]?.state, results[0]?.sampled], ['agrees', 7])
  })

  it('says nothing of the size of a list that was replaced meanwhile, and differs when the list is smaller than the register', async () => {
    const replaced = setUp([makeChunk(0, idsOf(0, 10))])
    replaced.state.size = 0
    replaced.state.onCall = () => replaced.register.clear()
    await replaced.look()
    assert.deepEqual(
      [replaced.results[0]?.state, replaced.results[0]?.listSize],
      ['unavailable', null],
    )
    const smaller = setUp([makeChunk(0, idsOf(0, 10))])
    smaller.state.size = 9
    await smaller.look()
    await smaller.look()
    const [result] = smaller.results
    assert.deepEqual([result?.state, result?.listSize, result?.registered], ['differs', 9, 10])
  })

  it('asks again when Genesys does not answer, and is unavailable in the end', async () => {
    const { look, state, results, postponed } = setUp([makeChunk(0, idsOf(0, 10))])
    state.onCall = () => {
      throw new GenesysFailure('unavailable', 'read-contact-list')
    }
    for (let n = 0; n < 4; n += 1) await look()
    assert.deepEqual(
      postponed.map(([why, ms]) => [why, ms / 60_000]),
      [
        ['no-answer', 1],
        ['no-answer', 10],
        ['no-answer', 60],
      ],
    )
    assert.equal(results[0]?.state, 'unavailable')
    const gone = setUp([makeChunk(0, idsOf(0, 10))])
    gone.state.onCall = () => {
      throw new GenesysFailure('not_found', 'read-contact-list')
    }
    await gone.look()
    assert.deepEqual([gone.results[0]?.state, gone.postponed], ['unavailable', []])
  })

  it('leaves everything to the sweep when the process stops, and passes over what is not pending', async () => {
    const { look, state, results, postponed, events } = setUp([makeChunk(0, idsOf(0, 10))])
    state.onCall = () => {
      state.stop.abort()
      state.stop.signal.throwIfAborted()
    }
    await look()
    assert.deepEqual([results, postponed, events], [[], [], []])
    const done = setUp([makeChunk(0, idsOf(0, 10))])
    done.state.open = false
    await done.look()
    assert.deepEqual([done.results, done.asked], [[], []])
  })
})

describe('Looking at an ended upload in the guide dialect', () => {
  it('holds the counts of at most ten jobs against the rows that they carried; forgotten jobs say nothing', async () => {
    const { look, state, results } = setUp([makeChunk(0, idsOf(0, 10))], { guide: true })
    state.size = 10
    state.jobs = Array.from({ length: 12 }, (_, n) => ({ jobId: `job-${n}`, rows: 100 }))
    let asked = 0
    state.job = () => {
      asked += 1
      if (asked === 1) throw new GenesysFailure('not_found', 'read-job')
      return { state: 'completed', processed: 98, failed: 2, errors: [] }
    }
    await look()
    assert.equal(asked, 10)
    const found = { missing: 0, differences: {}, listSize: 10, registered: 10 }
    assert.deepEqual(results, [{ state: 'agrees', sampled: 900, ...found }])
  })

  it('differs by the rows that no job accounts for, looked at twice, a minute apart', async () => {
    const { look, state, results, postponed } = setUp([makeChunk(0, idsOf(0, 10))], { guide: true })
    state.jobs = [{ jobId: 'job-1', rows: 100 }]
    state.job = () => ({ state: 'completed', processed: 90, failed: 3, errors: [] })
    await look()
    await look()
    assert.deepEqual(postponed, [['doubt', 60_000]])
    assert.deepEqual([results[0]?.state, results[0]?.missing], ['differs', 7])
  })

  it('can say nothing of an upload by callback, where Genesys itself merges contacts', async () => {
    const delivery = {
      method: 'callback' as const,
      batches: { total: 1, delivered: 1, failed: 0 },
      duplicateCheckField: 'id',
    }
    const { look, results, contexts } = setUp([makeChunk(0, idsOf(0, 10))], {
      guide: true,
      upload: { delivery },
    })
    await look()
    assert.deepEqual([results[0]?.state, contexts], ['unavailable', []])
  })
})
