import assert from 'node:assert/strict'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { ZERO_COUNTS } from '../../../src/domain/uploads/upload.ts'
import type { RunIntake } from '../../../src/intake/contract.ts'
import { FileRefused } from '../../../src/intake/contract.ts'
import { sha256Hex } from '../../../src/lib/digest.ts'
import { createIds } from '../../../src/lib/ids.ts'
import type { UploadRequest } from '../../../src/workflows/contract.ts'
import { createTextContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import type { UploadStore } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createReceiveUpload } from '../../../src/workflows/uploads/receive/receive-upload.ts'
import { makeChunk } from '../memory/made-uploads.ts'
import { compareWith } from '../memory/memory-delivery.ts'
import { createMemoryGenesys } from '../memory/memory-genesys.ts'
import { createMemoryLists } from '../memory/memory-lists.ts'
import { createMemoryUploads } from '../memory/memory-uploads.ts'
import { noSuppressions } from '../memory/no-suppressions.ts'
import { asNew } from './chunks.ts'
import { contactSteps } from './steps.ts'
import { createManualClock } from './test-clock.ts'

/** The caller of all calls. */
export const caller = { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' }

/**
 * A simple intake: each line of the body is a contact id. `refuse` and `!…` stand for faults that
 * the real intake finds.
 */
export const lineIntake: RunIntake = async (body, spec, sink) => {
  let text = ''
  for await (const piece of body) text += Buffer.from(piece).toString()
  const ids = text.split('\n').filter((line) => line !== '')
  if (ids.includes('refuse'))
    throw new FileRefused('csv-malformed', 'an unclosed quote', { line: 3 })
  const good = ids.filter((id) => !id.startsWith('!'))
  const rejected = ids.flatMap((id, index) =>
    id.startsWith('!')
      ? [{ line: index + 1, code: 'phone-invalid', column: 'p', cells: [id] }]
      : [],
  )
  let chunks = 0
  for (let from = 0; from < good.length || chunks === 0; from += 2_500) {
    const chunk = makeChunk(chunks, good.slice(from, from + 2_500))
    await sink.take({ ...asNew(chunk), rejected: chunks === 0 ? rejected : [] })
    chunks += 1
  }
  const counts = { ...ZERO_COUNTS, read: ids.length, accepted: good.length }
  return {
    counts: { ...counts, rejected: rejected.length },
    rejections: rejected.length > 0 ? { 'phone-invalid': rejected.length } : {},
    columns: [],
    targetColumns: ['id', 'note'],
    addedColumns: [],
    source: {
      fileName: spec.fileName,
      format: spec.format,
      encoding: 'utf-8',
      delimiter: ',',
      bytes: text.length,
      sha256: sha256Hex(text),
    },
    leftOut: new Map(),
    replacedBy: new Map(),
    batchesTotal: chunks,
    chunks,
    phones: { direct: 0, library: 0, normalized: 0 },
  }
}

const bodyOf = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** Receives uploads into memory. `request` makes a call from lines, as `lineIntake` reads them. */
export const setUpReceiving = (intake: RunIntake = lineIntake) => {
  const memory = createMemoryUploads()
  const genesys = createMemoryGenesys()
  const lists = createMemoryLists()
  const clock = createManualClock()
  const ids = createIds({ clock })
  const events: string[] = []
  let wakes = 0
  const receive = createReceiveUpload({
    contactLists: genesys,
    uploads: memory.uploads as unknown as UploadStore,
    smallUploads: { stage: () => Promise.reject(new Error('not by the small way')) },
    idempotency: memory.idempotency,
    lists,
    suppressions: noSuppressions,
    settings: { read: async () => ({ queue: {} }) },
    extendList: { check: () => undefined, extend: async (_request, list) => list },
    register: {
      openComparison: compareWith(memory.register),
      knowsMore: async (_list, size) => memory.register.size > size,
    },
    contentHashes: createTextContentHashes(Buffer.alloc(32)),
    fileThresholdRows: 50_000,
    callbacks: true,
    runIntake: intake,
    renderUpload: ({ id, counts }) => ({ id, counts }),
    intake: {
      maxBytes: 1_000_000,
      maxRows: 1_000_000,
      maxRecordBytes: 1_000,
      digestKey: Buffer.alloc(32),
    },
    clock,
    ids,
    emit: (name) => void events.push(name),
    owner: 'me',
    wake: () => {
      wakes += 1
    },
  })
  const request = (text: string, about: Partial<UploadRequest> = {}): UploadRequest => ({
    caller,
    contactListId: 'list-1',
    options: uploadOptionsSchema.parse({}),
    format: 'csv',
    fileName: null,
    steps: contactSteps(),
    idempotencyKey: 'key-1',
    method: 'POST',
    path: '/v1/contact-lists/list-1/uploads',
    validateOnly: false,
    body: bodyOf(text),
    ...about,
  })
  return { ...memory, genesys, lists, clock, ids, events, receive, request, wakes: () => wakes }
}

/** Whether an error is the problem with this code. */
export const problem = (code: string) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

/** A refused upload must leave neither rows nor a claim. */
export const nothingRemains = (t: ReturnType<typeof setUpReceiving>): void => {
  assert.equal(t.uploads.receiving.size, 0)
  assert.equal(t.uploads.staged.size, 0)
  assert.equal(t.claims.size, 0)
}
