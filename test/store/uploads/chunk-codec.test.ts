import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { type NewChunk, textOfCells } from '../../../src/domain/uploads/chunk.ts'
import { createPack, sealingKey } from '../../../src/lib/envelope.ts'
import {
  type ChunkRow,
  createEncodeChunk,
  decodeChunk,
} from '../../../src/store/uploads/chunk-codec.ts'
import { asStaged } from '../../support/stages/chunks.ts'

const KEY = sealingKey(Buffer.alloc(32, 9))
const encodeChunk = createEncodeChunk()

const chunk = (changes: Partial<NewChunk> = {}): NewChunk => ({
  seq: 3,
  firstLine: 2,
  lastLine: 9,
  width: 2,
  lines: Uint32Array.of(2, 3, 5),
  text: textOfCells({
    width: 2,
    contactIds: ['c1', 'c2', 'c3'],
    cells: ['c1', 'Ann', 'c2', 'Jürgen 😀', 'c3', ''],
  }),
  rejected: [{ line: 4, code: 'phone-invalid', column: 'phone', cells: ['c9\0', '5\n5', '"'] }],
  blank: 2,
  idDigests: Buffer.alloc(48, 1),
  subjectDigests: Buffer.alloc(16, 2),
  subjectRows: new Uint16Array(1),
  ...changes,
})

const rowOf = (of: NewChunk, payload: Buffer): ChunkRow => ({
  seq: of.seq,
  first_line: of.firstLine,
  last_line: of.lastLine,
  payload,
  left_out: Buffer.alloc(0),
  erased: Buffer.alloc(0),
})

const storedAndRead = async (of: NewChunk) =>
  decodeChunk(KEY, 'upl_1', rowOf(of, await encodeChunk(KEY, 'upl_1', of)))

describe('a stored chunk', () => {
  it('comes back as it was', async () => {
    for (const one of [
      chunk(),
      chunk({ lines: new Uint32Array(), text: new Uint8Array(), idDigests: Buffer.alloc(0) }),
      chunk({ rejected: [], lines: Uint32Array.of(1, 128, 4_294_967_295) }),
    ]) {
      assert.deepEqual(await storedAndRead(one), asStaged(one))
    }
  })

  it('is encoded beside others of any size, each to what it was', async () => {
    const sizes = [1, 200_000, 3, 70_000]
    const chunks = sizes.map((size, seq) => {
      const contactIds = [`c${seq}`.repeat(size)]
      const text = textOfCells({ width: 1, contactIds, cells: [`${seq}`] })
      return chunk({ seq, width: 1, lines: Uint32Array.of(seq + 2), text })
    })
    const payloads = await Promise.all(chunks.map((one) => encodeChunk(KEY, 'upl_1', one)))
    for (const [seq, one] of chunks.entries()) {
      const read = await decodeChunk(KEY, 'upl_1', rowOf(one, payloads[seq]!))
      assert.deepEqual(read, asStaged(one))
    }
  })

  it('opens for its upload and its place only, and not when a byte was changed', async () => {
    const one = chunk()
    const payload = await encodeChunk(KEY, 'upl_1', one)
    await assert.rejects(decodeChunk(KEY, 'upl_2', rowOf(one, payload)))
    await assert.rejects(decodeChunk(KEY, 'upl_1', { ...rowOf(one, payload), seq: 4 }))
    payload[payload.length - 1]! ^= 1
    await assert.rejects(decodeChunk(KEY, 'upl_1', rowOf(one, payload)))
  })

  it('is read in the form that the first version stored, an array of JSON', async () => {
    const payload = Buffer.from(
      'a9FQqBOPAO6eFaLY4NH7Dx9sPfYubVW7t4ByF9MxSTmWCftcsdf5sjYC2NMUflrfyYWXWX14EG9HfRUloxiFXOtywOZJ8DUljBp8f1Ida27j' +
        'rDUPMlXaCvtDNB93RYIREtrxT85uQSa8+5GwV2CS4ZL8kzAjcA==',
      'base64',
    )
    const row = { ...rowOf(chunk(), payload), seq: 0, last_line: 5 }
    const read = await decodeChunk(KEY, 'upl_old', row)
    assert.deepEqual(read, {
      seq: 0,
      firstLine: 2,
      lastLine: 5,
      width: 2,
      blank: 1,
      lines: [2, 4],
      contactIds: ['c1', 'c2'],
      cells: ['c1', 'Ann', 'c2', 'Jürgen'],
      rejected: [{ line: 3, code: 'phone-invalid', column: 'phone', cells: ['c9', '555'] }],
      leftOut: Buffer.alloc(0),
    })
  })

  it('is refused in a version that this gateway does not know', async () => {
    const payload = await createPack()(KEY, 'upl_1:3', Buffer.of(9, 0, 0))
    await assert.rejects(decodeChunk(KEY, 'upl_1', rowOf(chunk(), payload)), /version 9/)
  })
})
