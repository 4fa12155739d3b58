import { createHash } from 'node:crypto'

import {
  blocksOf,
  createPageWriter,
  type NumberPage,
  prefixOf,
} from '../../../domain/do-not-call/registries/number-page.ts'
import { createFileBlocks } from '../../../intake/bytes/compression.ts'
import { createNumberReader } from '../../../intake/registries/number-lines.ts'
import type { ReceivedEdition } from '../../ports/do-not-call/registries/registries.ts'

/** How many numbers are sorted together: 8 MB. */
const NUMBERS_AT_ONCE = 2 ** 20
/** The longest file, inflated: four times the largest registry that exists. */
const MOST_BYTES = 16 * 2 ** 30

/** Gives pages of a run, numbered from 1, in ascending order. */
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

/**
 * Distributes numbers over pages as they come in. As long as they ascend, there is one run.
 * Whenever they start lower again, a new run begins, and the runs are merged later. So a file may
 * be in any order, and memory holds only the numbers of one lot.
 */
const createRuns = (take: TakePages) => {
  const lot = new Float64Array(NUMBERS_AT_ONCE)
  let filled = 0
  let run = 0
  let lastPrefix = Number.POSITIVE_INFINITY
  let distinct = 0
  let pages: NumberPage[] = []
  const writer = createPageWriter((page) => pages.push(page))

  const flush = async (isEnd: boolean): Promise<void> => {
    const given = lot.subarray(0, filled)
    if (!isAscending(given)) given.sort()
    if (filled > 0 && prefixOf(given[0]!) <= lastPrefix) {
      writer.end()
      await takePages()
      run += 1
    }
    // The next lot may have more numbers with the last prefix.
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
    await take(run, ready)
  }
  return {
    /** The caller makes sure that there is room. */
    add: (number: number): void => {
      lot[filled++] = number
    },
    room: (): number => NUMBERS_AT_ONCE - filled,
    flush,
    end: async (): Promise<{ runs: number; distinct: number }> => {
      await flush(true)
      writer.end()
      await takePages()
      return { runs: run, distinct }
    },
  }
}

/** A line that gives a number has at least this many bytes. */
const LEAST_LINE_BYTES = 7

/**
 * Reads a registry's file as it streams in, gzip or not. Throws `RegistryFileRefused`,
 * `FileRefused` and the errors of the body.
 */
export const loadNumbers = async (
  body: AsyncIterable<Uint8Array>,
  country: string,
  take: TakePages,
): Promise<ReceivedEdition> => {
  const digest = createHash('sha256')
  const runs = createRuns(take)
  const reader = createNumberReader(country, runs.add)
  let bytes = 0
  const asSent = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      bytes += piece.byteLength
      digest.update(piece)
      yield piece
    }
  }
  for await (const whole of createFileBlocks(asSent(), MOST_BYTES).blocks) {
    for (let from = 0; from < whole.byteLength;) {
      // So the numbers of a piece always have room.
      if (runs.room() < NUMBERS_AT_ONCE / 4) await runs.flush(false)
      const to = Math.min(whole.byteLength, from + (runs.room() - 1) * LEAST_LINE_BYTES)
      reader.read(whole.subarray(from, to))
      from = to
    }
  }
  const sums = reader.end()
  const { runs: count, distinct } = await runs.end()
  const numbers = count === 1 ? distinct : sums.numbers
  return { ...sums, numbers, runs: count, bytes, sha256: digest.digest('hex') }
}
