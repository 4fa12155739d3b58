import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Gunzip } from 'node:zlib'

import { FileRefused } from '../contract.ts'
import { evenBlocks } from './blocks.ts'

/**
 * The largest ratio of the decompressed size to the compressed size. Contact files have a smaller
 * ratio, even if their rows repeat. A decompression bomb can reach 1032, the limit of DEFLATE.
 */
const MOST_RATIO = 200
/** A decompressed file up to this size is harmless, so the gateway does not check its ratio. */
const FREE_BYTES = 1_048_576
const PIECE_BYTES = 65_536

/**
 * Whether a file with these first bytes is gzip (RFC 1952). No text begins with the bytes of gzip.
 */
export const isGzip = (first: Uint8Array): boolean => first[0] === 0x1f && first[1] === 0x8b

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

const damaged = (engine: Gunzip): FileRefused => {
  const byte = engine.bytesWritten
  const detail = `The gzip data is incomplete or damaged. Only ${byte} bytes of it could be read. Compress the file again.`
  return new FileRefused('compression-invalid', detail, { byte })
}

const goesOn = (engine: Gunzip): FileRefused => {
  const byte = engine.bytesWritten
  const detail = `The gzip data ends at byte ${byte}. Zeros follow it, and then other data. Only zeros may follow gzip data. Compress the whole file again.`
  return new FileRefused('compression-invalid', detail, { byte })
}

/**
 * Refuses a file that decompresses to more than `maxBytes`, or to more than `FREE_BYTES` and more
 * than `MOST_RATIO` times the compressed bytes read so far.
 */
const createGrowthCheck = (engine: Gunzip, maxBytes: number): ((piece: Uint8Array) => void) => {
  let bytes = 0
  return (piece) => {
    bytes += piece.byteLength
    if (bytes > maxBytes) {
      const detail = `The decompressed file has more than ${maxBytes} bytes.`
      throw new FileRefused('upload-too-large', detail, { maxBytes })
    }
    if (bytes > FREE_BYTES && bytes > engine.bytesWritten * MOST_RATIO) {
      const detail = `The decompressed file is more than ${MOST_RATIO} times as large as the compressed file. Send the file without compression.`
      throw new FileRefused('compression-ratio', detail, { mostRatio: MOST_RATIO })
    }
  }
}

/**
 * Notes where the last byte is that is not zero. The engine stops at zeros behind a gzip member,
 * because they may be padding. Data behind the padding would be left out silently.
 */
const createEndOfData = () => {
  let bytes = 0
  let end = 0
  return {
    note: (piece: Uint8Array): void => {
      let at = piece.byteLength
      while (at > 0 && piece[at - 1] === 0) at -= 1
      if (at > 0) end = bytes + at
      bytes += piece.byteLength
    },
    /** The number of bytes up to and including that byte. */
    end: (): number => end,
  }
}

type NotePiece = (piece: Uint8Array) => void

const copiesOf = async function* (
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  note: NotePiece,
): AsyncGenerator<Uint8Array> {
  // `evenBlocks` overwrites each block with the next one, while the engine may still read the block
  // in another thread. The engine therefore gets a copy.
  note(first)
  yield Buffer.from(first)
  for (let step = await rest.next(); !step.done; step = await rest.next()) {
    note(step.value)
    yield Buffer.from(step.value)
  }
}

/** Reads the padding too, because the digest covers the whole body. */
const readToEnd = async (rest: AsyncIterator<Uint8Array>, note: NotePiece): Promise<void> => {
  for (let step = await rest.next(); !step.done; step = await rest.next()) note(step.value)
}

const gunzip = async function* (
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const engine = createGunzip({ chunkSize: PIECE_BYTES })
  const check = createGrowthCheck(engine, maxBytes)
  const data = createEndOfData()
  // An error in the body destroys the engine. The loop over the engine below then throws that
  // error.
  pipeline(copiesOf(first, rest, data.note), engine, () => undefined)
  try {
    yield* evenBlocks(engine as AsyncIterable<Uint8Array>, check)
    await readToEnd(rest, data.note)
    if (data.end() > engine.bytesWritten) throw goesOn(engine)
  } catch (error) {
    throw isZlibError(error) ? damaged(engine) : error
  } finally {
    engine.destroy()
    await rest.return?.()
  }
}

/** The first bytes of the file: enough to know whether it is gzip. null: the file is empty. */
const readStart = async (blocks: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> => {
  let start: Uint8Array | null = null
  while (start === null || start.byteLength < 2) {
    const step = await blocks.next()
    if (step.done) break
    start = start === null ? step.value : Buffer.concat([start, step.value])
  }
  return start
}

/**
 * Returns the blocks of the file: decompressed if the file is gzip, otherwise unchanged. Several
 * gzip members count as one file. Throws `compression-invalid` for damaged data,
 * `compression-ratio` for a suspicious ratio, and `upload-too-large` for more than `maxBytes` of
 * decompressed text.
 */
export const createFileBlocks = (
  blocks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): { blocks: AsyncIterable<Uint8Array>; compression(): 'gzip' | null } => {
  let compression: 'gzip' | null = null
  const read = async function* (): AsyncGenerator<Uint8Array> {
    const iterator = blocks[Symbol.asyncIterator]()
    const start = await readStart(iterator)
    if (start === null) return
    if (isGzip(start)) {
      compression = 'gzip'
      yield* gunzip(start, iterator, maxBytes)
      return
    }
    try {
      yield start
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
        yield step.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return { blocks: read(), compression: () => compression }
}
