import type { KeyObject } from 'node:crypto'

import type { Chunk, NewChunk, RejectedRow, StagedChunk } from '../../domain/uploads/chunk.ts'
import { cellsOfText } from '../../domain/uploads/chunk.ts'
import { createPack, unpack } from '../../lib/envelope.ts'
import { createTurns } from '../../lib/waiting/turns.ts'

/**
 * A chunk as it is stored. Its digests are beside the sealed payload, so that they can be searched
 * without opening it.
 */
export type ChunkRow = {
  seq: number
  first_line: number
  last_line: number
  payload: Buffer
  left_out: Buffer
  erased: Buffer
}

type Contents = Pick<Chunk, 'width' | 'blank' | 'lines' | 'contactIds' | 'cells' | 'rejected'>
/**
 * The other members of a rejected row, which are stored as the fifth member of its tuple. If there
 * are none, or if an earlier version stored the row, the tuple has only four members.
 */
type MoreOfRejected = Omit<RejectedRow, 'line' | 'code' | 'column' | 'cells'>
type RejectedTuple = [
  line: number,
  code: string,
  column: string | null,
  cells: string[],
  more?: MoreOfRejected,
]

/**
 * The first byte of a payload, before it is packed. After this byte, a payload has five numbers of
 * 32 bits (little-endian), the lines, the text as intake made it, and the rejected rows as JSON.
 * Each line is stored as its distance from the line before, in LEB128. This is mostly the byte 1.
 */
const VERSION = 1
const HEAD_BYTES = 1 + 5 * 4
const MOST_LINE_BYTES = 5
/** UTF-8 needs at most three bytes for each UTF-16 unit of a string. */
const BYTES_PER_CHAR = 3
/** The first byte of a payload of an earlier version, which was one JSON array. */
const JSON_ARRAY = '['.charCodeAt(0)

const contextOf = (uploadId: string, seq: number): string => `${uploadId}:${seq}`

/** Writes the lines, beginning at `at`. Returns where they end. */
const writeLines = (into: Buffer, at: number, lines: Uint32Array): number => {
  let end = at
  let before = 0
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!
    let rest = (line - before) >>> 0
    before = line
    while (rest >= 0x80) {
      into[end++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    into[end++] = rest
  }
  return end
}

const readLines = (from: Buffer, count: number): number[] => {
  const lines: number[] = []
  let line = 0
  for (let at = 0; lines.length < count; at += 1) {
    let distance = 0
    for (let shift = 0; ; shift += 7, at += 1) {
      const byte = from[at]
      if (byte === undefined) throw new Error('The lines of a chunk end early')
      distance |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    line = (line + distance) >>> 0
    lines.push(line)
  }
  return lines
}

const tupleOf = ({ line, code, column, cells, ...more }: RejectedRow): RejectedTuple =>
  Object.keys(more).length === 0 ? [line, code, column, cells] : [line, code, column, cells, more]

/**
 * Writes payloads into one buffer that is used again. A payload is valid until the next one is
 * written.
 */
const createPayloadWriter = (): ((chunk: NewChunk) => Buffer) => {
  let room = Buffer.alloc(0)
  return ({ width, blank, lines, text, rejected }) => {
    const tuples = rejected.map(tupleOf)
    const rejectedJson = tuples.length === 0 ? '' : JSON.stringify(tuples)
    const mostJsonBytes = rejectedJson.length * BYTES_PER_CHAR
    const needed = HEAD_BYTES + lines.length * MOST_LINE_BYTES + text.length + mostJsonBytes
    if (needed > room.byteLength) room = Buffer.allocUnsafeSlow(needed)
    const linesEnd = writeLines(room, HEAD_BYTES, lines)
    room[0] = VERSION
    const head = [width, blank, lines.length, linesEnd - HEAD_BYTES, text.length]
    for (const [index, value] of head.entries()) room.writeUInt32LE(value, 1 + index * 4)
    room.set(text, linesEnd)
    const jsonBytes = room.write(rejectedJson, linesEnd + text.length)
    return room.subarray(0, linesEnd + text.length + jsonBytes)
  }
}

const rejectedRows = (tuples: readonly RejectedTuple[]): RejectedRow[] =>
  tuples.map(([line, code, column, cells, more]) => ({ line, code, column, cells, ...more }))

const readPayload = (payload: Buffer): Contents => {
  const [width, blank, rows, lineBytes, textBytes] = [0, 1, 2, 3, 4].map((index) =>
    payload.readUInt32LE(1 + index * 4),
  ) as [number, number, number, number, number]
  const textStart = HEAD_BYTES + lineBytes
  const textEnd = textStart + textBytes
  const json = payload.toString('utf8', textEnd)
  return {
    blank,
    lines: readLines(payload.subarray(HEAD_BYTES, textStart), rows),
    ...cellsOfText(payload.subarray(textStart, textEnd), rows, width),
    rejected: json === '' ? [] : rejectedRows(JSON.parse(json) as RejectedTuple[]),
  }
}

const readJsonPayload = (payload: Buffer): Contents => {
  const [width, blank, lines, contactIds, cells, rejected] = JSON.parse(payload.toString()) as [
    number,
    number,
    number[],
    string[],
    string[],
    RejectedTuple[],
  ]
  return { width, blank, lines, contactIds, cells, rejected: rejectedRows(rejected) }
}

const readContents = (payload: Buffer): Contents => {
  if (payload[0] === VERSION) return readPayload(payload)
  if (payload[0] === JSON_ARRAY) return readJsonPayload(payload)
  throw new Error(`A chunk is stored in version ${payload[0]}, which this gateway does not know`)
}

/**
 * Packs a chunk. It is compressed with zstd, and encrypted with AES-256-GCM under the upload's data
 * key. The encryption binds it to the upload and to the chunk's number.
 */
export type EncodeChunk = (dataKey: KeyObject, uploadId: string, chunk: NewChunk) => Promise<Buffer>

/**
 * Returns a function that packs chunks one after the other, in the order of the calls, with one
 * encoder and one buffer.
 */
export const createEncodeChunk = (): EncodeChunk => {
  const write = createPayloadWriter()
  const pack = createPack()
  const inTurn = createTurns(1)
  return (dataKey, uploadId, chunk) =>
    inTurn(() => pack(dataKey, contextOf(uploadId, chunk.seq), write(chunk)))
}

/**
 * Unpacks a chunk that this or an earlier version stored. Throws if its bytes were changed, or
 * moved to another upload or number.
 */
export const decodeChunk = async (
  dataKey: KeyObject,
  uploadId: string,
  row: ChunkRow,
): Promise<StagedChunk> => {
  const payload = await unpack(dataKey, contextOf(uploadId, row.seq), row.payload)
  return {
    seq: row.seq,
    firstLine: row.first_line,
    lastLine: row.last_line,
    ...readContents(payload),
    leftOut: row.left_out,
    ...(row.erased.length > 0 && { erased: row.erased }),
  }
}
