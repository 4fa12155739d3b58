import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Gunzip } from 'node:zlib'

import { FileRefused } from '../contract.ts'
import { evenBlocks } from './blocks.ts'

/**
 * Text of contacts, however much it repeats itself, shrinks by less; DEFLATE's own limit is 1032.
 */
const MOST_RATIO = 200
/** Up to here nobody is hurt by any ratio. */
const FREE_BYTES = 1_048_576
const PIECE_BYTES = 65_536

/** Whether these first bytes are those of gzip (RFC 1952), which no text begins with. */
export const isGzip = (first: Uint8Array): boolean => first[0] === 0x1f && first[1] === 0x8b

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

const damaged = (engine: Gunzip): FileRefused => {
  const byte = engine.bytesWritten
  const detail = `The gzip data is cut off or damaged; ${byte} bytes of it could be read. Compress the file again.`
  return new FileRefused('compression-invalid', detail, { byte })
}

/**
 * Refuses what grows beyond reason: past `maxBytes`, or past `MOST_RATIO` times the bytes that it
 * was made of.
 */
const createGrowthCheck = (engine: Gunzip, maxBytes: number): ((piece: Uint8Array) => void) => {
  let bytes = 0
  return (piece) => {
    bytes += piece.byteLength
    if (bytes > maxBytes) {
      const detail = `The decompressed file is over ${maxBytes} bytes.`
      throw new FileRefused('upload-too-large', detail, { maxBytes })
    }
    if (bytes > FREE_BYTES && bytes > engine.bytesWritten * MOST_RATIO) {
      const detail = `The decompressed file is more than ${MOST_RATIO} times as large. Send it uncompressed.`
      throw new FileRefused('compression-ratio', detail, { mostRatio: MOST_RATIO })
    }
  }
}

const copiesOf = async function* (
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  // The engine works on a block beside us, and the next one will stand in its place.
  yield Buffer.from(first)
  for (let step = await rest.next(); !step.done; step = await rest.next()) {
    yield Buffer.from(step.value)
  }
}

/**
 * Reads on behind the padding with zeros that may follow the last member, so that the body's digest
 * is whole.
 */
const readToEnd = async (rest: AsyncIterator<Uint8Array>): Promise<void> => {
  while (!(await rest.next()).done);
}

const gunzip = async function* (
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const engine = createGunzip({ chunkSize: PIECE_BYTES })
  const check = createGrowthCheck(engine, maxBytes)
  // Whatever ends the body ends the engine, whose iterator then throws it.
  pipeline(copiesOf(first, rest), engine, () => undefined)
  try {
    yield* evenBlocks(engine as AsyncIterable<Uint8Array>, check)
    await readToEnd(rest)
  } catch (error) {
    throw isZlibError(error) ? damaged(engine) : error
  } finally {
    engine.destroy()
    await rest.return?.()
  }
}

/**
 * The blocks of the file itself: unchanged, or decompressed as they come if they begin like gzip
 * (several members are one file). Throws `compression-invalid`, `compression-ratio`, or
 * `upload-too-large` beyond `maxBytes` of decompressed text.
 */
export const createFileBlocks = (
  blocks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): { blocks: AsyncIterable<Uint8Array>; compression(): 'gzip' | null } => {
  let compression: 'gzip' | null = null
  const read = async function* (): AsyncGenerator<Uint8Array> {
    const iterator = blocks[Symbol.asyncIterator]()
    const first = await iterator.next()
    if (first.done) return
    if (isGzip(first.value)) {
      compression = 'gzip'
      yield* gunzip(first.value, iterator, maxBytes)
      return
    }
    try {
      yield first.value
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
        yield step.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return { blocks: read(), compression: () => compression }
}
