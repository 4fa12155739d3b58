import type { RegistryLook } from '../../../domain/do-not-call/registries/registry.ts'
import {
  REASON_NUMBERS,
  type Standing,
  type Suppression,
} from '../../../domain/do-not-call/suppression.ts'
import { countriesOfNumber } from '../../../domain/phones/phone-country.ts'
import type { NewChunk } from '../../../domain/uploads/chunk.ts'
import { type SuppressionPort, SuppressionUnknown } from '../../ports/do-not-call/suppressions.ts'

type Looked = Pick<NewChunk, 'seq' | 'subjectRows' | 'subjectNumbers'>

/**
 * The result of a look-up in the registries. `look` is null if the look-up failed. In that case,
 * the look-up must be repeated before anything is sent.
 */
export type RegistryFindings = {
  /** Suppressed rows, by chunk and row. */
  hits: Map<number, Map<number, Suppression>>
  look: RegistryLook | null
}

export type LookAtRegistries = {
  look(chunk: Looked): Promise<void>
  settle(): Promise<RegistryFindings>
}

type Editions = Standing['editions']
type Suppressions = Pick<SuppressionPort, 'numbersAmong'>

/**
 * How many numbers are looked up together. They take 8 MB in their chunks, and another 8 MB in the
 * sorted array.
 */
const NUMBERS_AT_ONCE = 2 ** 20

/** The index of `number`, which must be among the ascending numbers. */
const placeOf = (numbers: Float64Array, number: number): number => {
  let low = 0
  let high = numbers.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < number) low = middle + 1
    else high = middle
  }
  return low
}

type Found = { sorted: Float64Array; hits: Uint8Array; any: boolean }

/** Looks up the numbers. Sorts them in place, because a sorted copy would double the memory. */
const find = async (
  suppressions: Suppressions,
  editions: Editions,
  numbers: Float64Array,
): Promise<Found> => {
  numbers.sort()
  const hits = await suppressions.numbersAmong(editions, numbers)
  return { sorted: numbers, hits, any: hits.some((hit) => hit > 0) }
}

const numbersOf = (chunks: readonly Looked[], count: number): Float64Array => {
  const all = new Float64Array(count)
  let to = 0
  for (const { subjectNumbers } of chunks) {
    all.set(subjectNumbers!, to)
    to += subjectNumbers!.length
  }
  return all
}

const rowsFound = (
  { subjectRows, subjectNumbers }: Looked,
  { sorted, hits }: Found,
  byEdition: readonly Suppression[],
): Map<number, Suppression> => {
  const rows = new Map<number, Suppression>()
  for (let index = 0; index < subjectRows.length; index += 1) {
    const number = subjectNumbers![index]!
    const hit = number === 0 ? 0 : hits[placeOf(sorted, number)]!
    if (hit > 0) rows.set(subjectRows[index]!, byEdition[hit - 1]!)
  }
  return rows
}

const noteCountries = (numbers: Float64Array, countries: Set<string>): void => {
  for (let index = 0; index < numbers.length; index += 1) {
    if (numbers[index] === 0) continue
    for (const country of countriesOfNumber(numbers[index]!)) countries.add(country)
  }
}

/**
 * Looks up the phones of an upload's rows in the registries. Collects chunks until they have a
 * million numbers, because one look-up of many sorted numbers is faster than many small look-ups.
 */
export const lookAtRegistries = (
  suppressions: Suppressions,
  { epochs, editions }: Pick<Standing, 'epochs' | 'editions'>,
): LookAtRegistries => {
  const hits = new Map<number, Map<number, Suppression>>()
  const countries = new Set<string>()
  const reason = REASON_NUMBERS.registry
  /**
   * One object for each edition. All rows that the edition suppresses share it, because there may
   * be a million of these rows.
   */
  const byEdition: Suppression[] = editions.map(({ number: submission }) => ({
    submission,
    reason,
  }))
  let isUnknown = false
  let waiting: Looked[] = []
  let held = 0

  const lookUp = async (chunks: readonly Looked[]): Promise<void> => {
    if (editions.length === 0) return
    const found = await find(suppressions, editions, numbersOf(chunks, held))
    if (!found.any) return
    for (const chunk of chunks) {
      const rows = rowsFound(chunk, found, byEdition)
      if (rows.size > 0) hits.set(chunk.seq, rows)
    }
  }
  const takeWaiting = async (): Promise<void> => {
    const chunks = waiting
    try {
      if (!isUnknown && held > 0) await lookUp(chunks)
    } catch (error) {
      if (!(error instanceof SuppressionUnknown)) throw error
      isUnknown = true
    }
    waiting = []
    held = 0
  }
  return {
    look: async ({ seq, subjectRows, subjectNumbers }) => {
      if (subjectNumbers === undefined) {
        if (subjectRows.length === 0) return
        throw new Error(`The phone numbers of chunk ${seq} are missing`)
      }
      noteCountries(subjectNumbers, countries)
      waiting.push({ seq, subjectRows, subjectNumbers })
      held += subjectNumbers.length
      if (held >= NUMBERS_AT_ONCE) await takeWaiting()
    },
    settle: async () => {
      await takeWaiting()
      if (isUnknown) return { hits: new Map(), look: null }
      const numbers = editions.map(({ number }) => number)
      return { hits, look: { epochs, editions: numbers, countries: [...countries].toSorted() } }
    },
  }
}
