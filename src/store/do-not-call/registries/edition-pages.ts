import type { KeyObject } from 'node:crypto'

import { CompiledQuery, sql } from 'kysely'

import {
  blocksOfPage,
  type NumberBlock,
  type NumberPage,
} from '../../../domain/do-not-call/registries/number-page.ts'
import { open, seal, sealingKey } from '../../../lib/envelope.ts'
import type { Database, Db } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'

/** The purpose for which an edition's key is sealed. */
export const editionKeyContext = (id: string): string => `registry-edition:${id}`

/** A page opens only in its own edition and place. */
const pageContext = (id: string, first: number): string => `registry-page:${id}:${first}`

/** An edition whose pages are read or written. */
export type OpenEdition = {
  number: number
  id: string
  key: KeyObject
  run: number
  /** The attempt of the call that receives it. */
  attempt?: number
}

type KeyRow = {
  number: string
  id: string
  data_key: Buffer | null
  data_key_id: string | null
  final_run: number | null
}

/**
 * Opens editions for reading. Throws if a key is gone or no longer configured, because then their
 * content is unknown.
 */
export const openEditions = async (
  db: Db,
  keyring: Keyring,
  numbers: readonly number[],
): Promise<OpenEdition[]> => {
  const { rows } = await sql<KeyRow>`select number, id, data_key, data_key_id, final_run
    from registry_edition where number = any(${[...numbers]}::bigint[])`.execute(db)
  const byNumber = new Map(rows.map((row) => [Number(row.number), row]))
  return numbers.map((number) => {
    const row = byNumber.get(number)
    if (!row?.data_key || row.data_key_id === null) {
      throw new Error(`Edition ${row?.id ?? number} or its key is gone`)
    }
    const key = keyring.open(editionKeyContext(row.id), row.data_key_id, row.data_key)
    return { number, id: row.id, key: sealingKey(key), run: row.final_run ?? 0 }
  })
}

/** About half a megabyte for each statement. */
const PAGES_A_STATEMENT = 64
const COLUMNS = 5

/** Stores pages. A page that is already stored stays, because it holds the same. */
export const writePages = async (
  database: Database,
  { number, id, key, run, attempt }: OpenEdition,
  pages: readonly NumberPage[],
): Promise<void> => {
  for (let from = 0; from < pages.length; from += PAGES_A_STATEMENT) {
    const lot = pages.slice(from, from + PAGES_A_STATEMENT)
    const values = lot.map((_, index) => {
      const at = index * COLUMNS
      return `($${at + 1}::bigint, $${at + 2}::int, $${at + 3}::bigint, $${at + 4}::bigint, $${at + 5}::bytea)`
    })
    // An instance that was slower than another writes nothing once the edition is in force, because
    // the parts that it read may be gone by then. A call that continues an edition waits for the
    // lock; from then on the call before it writes nothing. No page is read before a later commit,
    // which waits for the disk, so this one need not.
    const text = `with relaxed as materialized (select set_config('synchronous_commit', 'off', true))
      insert into registry_page (edition, run, first, last, sealed)
      select page.* from relaxed, (values ${values.join(', ')}) as page
      where exists (select from registry_edition where number = ${number} and state in ('receiving', 'loading')
        ${attempt === undefined ? '' : `and attempt = ${attempt} for share`})
      on conflict do nothing`
    const parameters = lot.flatMap(({ first, last, bytes }) => [
      ...[number, run, first, last],
      seal(key, pageContext(id, first), bytes),
    ])
    await database.writeBytes(CompiledQuery.raw(text, parameters))
  }
}

type PageRow = { first: string; sealed: Buffer }

const openPage = ({ id, key }: OpenEdition, { first, sealed }: PageRow) => {
  const prefix = Number(first)
  return { first: prefix, bytes: open(key, pageContext(id, prefix), sealed) }
}

/**
 * The pages, each once and in order, that may have numbers of these prefixes (ascending). Throws if
 * a page does not open.
 */
export const readPagesOf = async (
  db: Db,
  edition: OpenEdition,
  prefixes: readonly number[],
): Promise<{ first: number; bytes: Buffer }[]> => {
  const { rows } = await sql<PageRow>`select first, sealed from registry_page
    where edition = ${edition.number} and run = ${edition.run} and first in (
      select (select max(p.first) from registry_page p
          where p.edition = ${edition.number} and p.run = ${edition.run} and p.first <= asked.prefix)
        from unnest(${[...prefixes]}::bigint[]) as asked (prefix))
    order by first`.execute(db)
  return rows.map((row) => openPage(edition, row))
}

const PAGES_AT_ONCE = 64

/** The blocks of an edition in order. Reads some pages at a time. */
export type BlockCursor = {
  /** null if there are no more. */
  readonly current: NumberBlock | null
  next(): Promise<void>
  /** How many pages were read so far. */
  readonly pages: number
}

/**
 * Starts at the first block beyond the prefix. The body of a block is valid only while the cursor
 * exists.
 */
export const createBlockCursor = async (
  db: Db,
  edition: OpenEdition,
  beyond = -1,
): Promise<BlockCursor> => {
  let after = -1
  let rest: PageRow[] = []
  let isWhole = false
  let pages = 0
  let blocks: Iterator<NumberBlock> = [][Symbol.iterator]()
  let current: NumberBlock | null = null
  const fetch = async (): Promise<void> => {
    // The page with the prefix may have more blocks after it.
    const start =
      after >= 0
        ? sql`first > ${after}`
        : sql`first >= coalesce((select max(first) from registry_page where edition = ${edition.number} and run = ${edition.run}
            and first <= ${beyond}), -1)`
    const { rows } = await sql<PageRow>`select first, sealed from registry_page
      where edition = ${edition.number} and run = ${edition.run} and ${start}
      order by first limit ${PAGES_AT_ONCE}`.execute(db)
    isWhole = rows.length < PAGES_AT_ONCE
    rest = rows.toReversed()
    if (rows.length > 0) after = Number(rows.at(-1)!.first)
  }
  const next = async (): Promise<void> => {
    for (;;) {
      const step = blocks.next()
      if (!step.done) {
        current = step.value
        return
      }
      if (rest.length === 0 && !isWhole) await fetch()
      const row = rest.pop()
      if (row === undefined) {
        current = null
        return
      }
      pages += 1
      const { first, bytes } = openPage(edition, row)
      blocks = blocksOfPage(first, bytes)
    }
  }
  do await next()
  while (current !== null && (current as NumberBlock).prefix <= beyond)
  return {
    get current() {
      return current
    },
    get pages() {
      return pages
    },
    next,
  }
}
