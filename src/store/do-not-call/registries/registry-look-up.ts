import { sql } from 'kysely'

import {
  blockHas,
  blocksOfPage,
  type NumberBlock,
  prefixOf,
} from '../../../domain/do-not-call/registries/number-page.ts'
import type { EditionInForce } from '../../../domain/do-not-call/registries/registry.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import type { Db } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import { tenantsOf } from '../standing-entries.ts'
import { orUnknown } from '../suppressed-since.ts'
import { type OpenEdition, openEditions, readPagesOf } from './edition-pages.ts'

/** How many prefixes a statement takes: some hundred pages. */
const PREFIXES = 2_000

/**
 * The prefixes of ascending numbers from `from` on, at most `PREFIXES`, and where the numbers of
 * the next prefix begin.
 */
const takePrefixes = (numbers: Float64Array, from: number): { prefixes: number[]; to: number } => {
  const prefixes: number[] = []
  let to = from
  let last = -1
  for (; to < numbers.length; to += 1) {
    const prefix = prefixOf(numbers[to]!)
    if (prefix === last) continue
    if (prefixes.length === PREFIXES) break
    prefixes.push(prefix)
    last = prefix
  }
  return { prefixes, to }
}

function* blocksIn(pages: readonly { first: number; bytes: Buffer }[]): Generator<NumberBlock> {
  for (const { first, bytes } of pages) yield* blocksOfPage(first, bytes)
}

/** Of the ascending numbers from `from` to `to`, marks those that are in the ascending blocks. */
const mark = (
  numbers: Float64Array,
  { from, to }: { from: number; to: number },
  blocks: Iterable<NumberBlock>,
  hits: Uint8Array,
  as: number,
): void => {
  let at = from
  for (const block of blocks) {
    while (at < to && prefixOf(numbers[at]!) < block.prefix) at += 1
    for (; at < to && prefixOf(numbers[at]!) === block.prefix; at += 1) {
      if (hits[at] === 0 && blockHas(block, numbers[at]!)) hits[at] = as
    }
    if (at === to) return
  }
}

const markEdition = async (
  db: Db,
  edition: OpenEdition,
  numbers: Float64Array,
  hits: Uint8Array,
  as: number,
): Promise<void> => {
  for (let from = 0; from < numbers.length;) {
    const { prefixes, to } = takePrefixes(numbers, from)
    mark(numbers, { from, to }, blocksIn(await readPagesOf(db, edition, prefixes)), hits, as)
    from = to
  }
}

/**
 * Looks ascending numbers up in editions. Throws `SuppressionUnknown` if anything prevents an
 * answer.
 */
export const createNumbersAmong =
  (db: Db, keyring: Keyring): SuppressionPort['numbersAmong'] =>
  (editions, numbers) =>
    orUnknown(async () => {
      const hits = new Uint8Array(numbers.length)
      const open = await openEditions(
        db,
        keyring,
        editions.map(({ number }) => number),
      )
      for (const [index, edition] of open.entries()) {
        await markEdition(db, edition, numbers, hits, index + 1)
      }
      // An edition that was deleted meanwhile may have lost its pages during the look-up.
      await openEditions(
        db,
        keyring,
        editions.map(({ number }) => number),
      )
      return hits
    })

/** The editions in force of the registries that are used by a tenant with a grant for the list. */
export const readEditionsOf = async (db: Db, listId: string): Promise<EditionInForce[]> => {
  const { rows } = await sql<{ number: string; registry: string; country: string }>`
    select distinct r.current_edition as number, r.name as registry, r.country from tenant_registry t
      join registry r on r.name = t.registry
    where r.current_edition is not null and t.tenant_id in (${tenantsOf(listId)}) order by 1`.execute(
    db,
  )
  return rows.map(({ number, ...rest }) => ({ number: Number(number), ...rest }))
}
