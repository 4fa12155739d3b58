import {
  blocksOf,
  createPageWriter,
  type NumberPage,
  prefixOf,
} from '../../../domain/do-not-call/registries/number-page.ts'
import { createFileBlocks } from '../../../intake/bytes/compression.ts'
import { createNumberReader, type NumberReader } from '../../../intake/registries/number-lines.ts'
import { createResumableDigest } from '../../../intake/registries/resumable-digest.ts'
import type { ReceivedEdition } from '../../ports/do-not-call/registries/registries.ts'
import type { LoadingState, RunsState } from './loading-state.ts'

/** How many numbers are sorted together. They take 8 MB. */
const NUMBERS_AT_ONCE = 2 ** 20
/** The most bytes of a file after decompression: four times the largest registry that exists. */
const MOST_BYTES = 16 * 2 ** 30

/** Stores pages of a run. Runs are numbered from 1, and the pages come in ascending order. */
export type TakePages = (run: number, pages: readonly NumberPage[]) => Promise<void>

const isAscending = (numbers: Float64Array): boolean => {
  for (let at = 1; at < numbers.length; at += 1) if (numbers[at]! < numbers[at - 1]!) return false
  return true
}

const startOfLastPrefix = (numbers: Float64Array): number => {
  const prefix = prefixOf(numbers.at(-1) ?? 0)
  let at = numbers.length
  while (at > 0 && prefixOf(numbers[at - 1]!) === prefix) at -= 1
  return at
}

/** The state before the first number. */
const NO_RUNS: RunsState = {
  run: 0,
  lastPrefix: null,
  distinct: 0,
  waiting: new Float64Array(0),
  page: null,
}

/** Runs one storing job after another, while the caller continues to read. */
const createStoring = () => {
  let storing: Promise<void> = Promise.resolve()
  return {
    /**
     * Waits for the previous job, then begins `work`. If `work` fails, the next call throws its
     * error.
     */
    afterwards: async (work: () => Promise<void>): Promise<void> => {
      await storing
      storing = work()
      storing.catch(() => undefined)
    },
    /** Resolves when no job is running, whether the last one succeeded or failed. */
    settled: (): Promise<void> => storing.catch(() => undefined),
  }
}

/**
 * Collects numbers in lots as they arrive, sorts each lot and distributes it over pages. A lot
 * continues the run if its lowest prefix is higher than the last prefix that was written. Any other
 * lot begins a new run. The runs are merged later. So a file may be in any order, while memory
 * holds only the numbers of one lot. Pages are stored while the next lot is read.
 */
const createRuns = (take: TakePages, numbersAtOnce: number, from: RunsState = NO_RUNS) => {
  const lot = new Float64Array(numbersAtOnce)
  lot.set(from.waiting)
  let filled = from.waiting.length
  let { run, distinct } = from
  let lastPrefix = from.lastPrefix ?? Number.POSITIVE_INFINITY
  let pages: NumberPage[] = []
  const writer = createPageWriter((page) => pages.push(page), from.page)
  const { afterwards, settled } = createStoring()
  const flush = async (isEnd: boolean): Promise<void> => {
    const given = lot.subarray(0, filled)
    if (!isAscending(given)) given.sort()
    if (filled > 0 && prefixOf(given[0]!) <= lastPrefix) {
      writer.end()
      await takePages()
      run += 1
    }
    // Numbers with the last prefix wait, because the next lot may have more of them.
    const open = isEnd ? filled : startOfLastPrefix(given)
    const to = open === 0 ? filled : open
    for (const block of blocksOf(given.subarray(0, to))) {
      distinct += block.count
      writer.add(block)
      lastPrefix = block.prefix
    }
    lot.copyWithin(0, to, filled)
    filled -= to
    await takePages()
  }
  const takePages = async (): Promise<void> => {
    if (pages.length === 0) return
    const ready = pages
    pages = []
    await afterwards(() => take(run, ready))
  }
  return {
    /** Adds a number. Call it only if `room` is not 0. */
    add: (number: number): void => {
      lot[filled++] = number
    },
    room: (): number => numbersAtOnce - filled,
    flush,
    afterwards,
    state: (): RunsState => ({
      run,
      lastPrefix: Number.isFinite(lastPrefix) ? lastPrefix : null,
      distinct,
      waiting: lot.slice(0, filled),
      page: writer.open(),
    }),
    end: async (): Promise<{ runs: number; distinct: number }> => {
      await flush(true)
      writer.end()
      await takePages()
      await afterwards(async () => undefined)
      return { runs: run, distinct }
    },
    settled,
  }
}

/** The fewest bytes of a line with a number. */
const LEAST_LINE_BYTES = 7

/** The functions with which `loadNumbers` stores an edition while it reads the file. */
export type LoadInto = {
  take: TakePages
  /**
   * Stores the point from which the file may be continued. Called after all earlier pages are
   * stored.
   */
  keep: (state: LoadingState) => Promise<void>
  /** The size of a lot: how many numbers are collected and sorted together. Default: 2^20. */
  numbersAtOnce?: number
}

/** Reads a piece of the file into the runs. May fill several lots. */
const readPiece = async (
  piece: Uint8Array,
  reader: NumberReader,
  runs: ReturnType<typeof createRuns>,
  numbersAtOnce: number,
): Promise<void> => {
  for (let at = 0; at < piece.byteLength;) {
    // The lot then has room for all numbers of the next part, even if every line is as short as
    // possible.
    if (runs.room() < numbersAtOnce / 4) await runs.flush(false)
    const to = Math.min(piece.byteLength, at + (runs.room() - 1) * LEAST_LINE_BYTES)
    reader.read(piece.subarray(at, to))
    at = to
  }
}

/**
 * Reads a registry's file as it streams in, plain or gzip. If `from` is given, the body is the rest
 * of a plain file whose beginning was read before. Throws `RegistryFileRefused`, `FileRefused`, and
 * the errors of the body, of `take` and of `keep`.
 */
export const loadNumbers = async (
  body: AsyncIterable<Uint8Array>,
  country: string,
  { take, keep, numbersAtOnce = NUMBERS_AT_ONCE }: LoadInto,
  from: LoadingState | null = null,
): Promise<ReceivedEdition> => {
  const digest = await createResumableDigest(from?.digest)
  const runs = createRuns(take, numbersAtOnce, from?.runs)
  const reader = createNumberReader(country, runs.add, from?.reader)
  let bytes = from?.bytes ?? 0
  const asSent = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      bytes += piece.byteLength
      digest.update(piece)
      yield piece
    }
  }
  const file = createFileBlocks(asSent(), MOST_BYTES)
  const isTooEarly = (): boolean => runs.room() >= numbersAtOnce / 4 || file.compression() !== null
  try {
    for await (const piece of from === null ? file.blocks : asSent()) {
      await readPiece(piece, reader, runs, numbersAtOnce)
      if (isTooEarly()) continue
      await runs.flush(false)
      const state = { bytes, reader: reader.state(), runs: runs.state(), digest: digest.state() }
      await runs.afterwards(() => keep(state))
    }
    const sums = reader.end()
    const { runs: count, distinct } = await runs.end()
    const numbers = count === 1 ? distinct : sums.numbers
    return { ...sums, numbers, runs: count, bytes, sha256: digest.digest() }
  } finally {
    await runs.settled()
  }
}
