import { sql } from 'kysely'

import {
  BLOCK_NUMBERS,
  blockHas,
  blocksOfPage,
  prefixOf,
} from '../../../domain/do-not-call/registries/number-page.ts'
import type { EditionInForce } from '../../../domain/do-not-call/registries/registry.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import type { Database, Db } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import { tenantsOf } from '../standing-entries.ts'
import { orUnknown } from '../suppressed-since.ts'
import { type OpenEdition, openEditions, readPagesAt, readPlaces } from './edition-pages.ts'

/** How many pages a statement reads at most: about 2 MB. */
const PAGES_A_STATEMENT = 256
/**
 * For how many editions the places of pages are kept in memory. The places of an edition of 250
 * million numbers need 0.3 MB.
 */
const MOST_KEPT = 16

/** The numbers that may be in the page: from index `from` up to, but without, index `to`. */
type Span = { from: number; to: number }

/** The index of the last place up to `prefix`. -1: there is none. */
const lastUpTo = (places: Float64Array, prefix: number, from: number): number => {
  let low = from
  let high = places.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (places[middle]! <= prefix) low = middle + 1
    else high = middle - 1
  }
  return high
}

/**
 * The pages that the ascending numbers need, beginning with the number at `from`. At most
 * `PAGES_A_STATEMENT` pages, with the numbers of each.
 */
const takePages = (
  numbers: Float64Array,
  from: number,
  places: Float64Array,
): { asked: number[]; spans: Span[]; to: number } => {
  const asked: number[] = []
  const spans: Span[] = []
  let to = from
  let page = 0
  while (to < numbers.length && asked.length < PAGES_A_STATEMENT) {
    page = lastUpTo(places, prefixOf(numbers[to]!), page)
    const begins = to
    const next = places[page + 1]
    const end = next === undefined ? Number.POSITIVE_INFINITY : next * BLOCK_NUMBERS
    while (to < numbers.length && numbers[to]! < end) to += 1
    if (page < 0) {
      page = 0
      continue
    }
    asked.push(places[page]!)
    spans.push({ from: begins, to })
  }
  return { asked, spans, to }
}

/** Marks which of the ascending numbers are in the page. */
const mark = (
  numbers: Float64Array,
  { from, to }: Span,
  page: { first: number; bytes: Buffer },
  hits: Uint8Array,
  as: number,
): void => {
  let at = from
  for (const block of blocksOfPage(page.first, page.bytes)) {
    while (at < to && prefixOf(numbers[at]!) < block.prefix) at += 1
    for (; at < to && prefixOf(numbers[at]!) === block.prefix; at += 1) {
      if (hits[at] === 0 && blockHas(block, numbers[at]!)) hits[at] = as
    }
    if (at === to) return
  }
}

type PlacesOf = (edition: OpenEdition) => Promise<Float64Array>

/**
 * The places of the pages of the editions that were used last. They stay valid, because editions
 * never change.
 */
const createPlaces = (db: Db): PlacesOf => {
  const kept = new Map<number, Float64Array>()
  return async (edition) => {
    const places = kept.get(edition.number) ?? (await readPlaces(db, edition))
    kept.delete(edition.number)
    kept.set(edition.number, places)
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!)
    return places
  }
}

const markEdition = async (
  database: Database,
  edition: OpenEdition,
  places: Float64Array,
  numbers: Float64Array,
  mark: (first: number, bytes: Buffer, span: Span) => void,
): Promise<void> => {
  for (let from = 0; from < numbers.length;) {
    const { asked, spans, to } = takePages(numbers, from, places)
    let at = 0
    await readPagesAt(database, edition, asked, (first, bytes) => mark(first, bytes, spans[at++]!))
    from = to
  }
}

/**
 * Looks up ascending numbers in editions. Returns for each number 0, or 1 + the index of the first
 * edition that has it. Throws `SuppressionUnknown` if anything prevents a certain answer.
 */
export const createNumbersAmong = (
  database: Database,
  keyring: Keyring,
): SuppressionPort['numbersAmong'] => {
  const { db } = database
  const placesOf = createPlaces(db)
  return (editions, numbers) =>
    orUnknown(async () => {
      const hits = new Uint8Array(numbers.length)
      const asked = editions.map(({ number }) => number)
      const open = await openEditions(db, keyring, asked)
      for (const [index, edition] of open.entries()) {
        const places = await placesOf(edition)
        await markEdition(database, edition, places, numbers, (first, bytes, span) =>
          mark(numbers, span, { first, bytes }, hits, index + 1),
        )
      }
      // Checks that the editions still exist. An edition that was deleted in the meantime may have
      // lost its pages during the look-up.
      await openEditions(db, keyring, asked)
      return hits
    })
}

/** The editions in force of all registries that a tenant of the list uses. */
export const readEditionsOf = async (db: Db, listId: string): Promise<EditionInForce[]> => {
  const { rows } = await sql<{ number: string; registry: string; country: string }>`
    select distinct r.current_edition as number, r.name as registry, r.country from tenant_registry t
      join registry r on r.name = t.registry
    where r.current_edition is not null and t.tenant_id in (${tenantsOf(listId)}) order by 1`.execute(
    db,
  )
  return rows.map(({ number, ...rest }) => ({ number: Number(number), ...rest }))
}
