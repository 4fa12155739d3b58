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

/** What the seal of a page is bound to. A page opens only at its own place in its edition. */
const pageContext = (id: string, first: number): string => `registry-page:${id}:${first}`

/** An edition whose pages are being read or written. */
export type OpenEdition = {
  number: number
  id: string
  key: KeyObject
  run: number
  /** The attempt of the call that receives the edition. If left out, no call is receiving it. */
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
 * Opens editions for reading. Throws if an edition or its data key is gone. Also throws if the data
 * key was sealed by a key of ENCRYPTION_KEYS that is no longer configured. In these cases nobody
 * can read the content of the edition.
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
      throw new Error(`Edition ${row?.id ?? number} or its data key no longer exists`)
    }
    const key = keyring.open(editionKeyContext(row.id), row.data_key_id, row.data_key)
    return { number, id: row.id, key: sealingKey(key), run: row.final_run ?? 0 }
  })
}

/** How many pages one statement writes, about half a megabyte. */
const PAGES_A_STATEMENT = 64
const COLUMNS = 5

/**
 * Stores pages. A page that is already stored stays, because the new page has the same content.
 * Writes nothing if the edition is no longer being received or loaded (for example, if it is in
 * force), or if another call has taken it over (`attempt`).
 */
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
    // Two instances may merge the same edition. Once the edition is in force, the slower instance
    // must write nothing, because the parts that it reads may be gone. A call that continues an
    // edition waits for the lock. After that, the earlier call writes nothing. This commit need not
    // wait for the disk, because pages are read only after a later commit that does wait.
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

const openPage = ({ id, key }: OpenEdition, first: number, sealed: Uint8Array): Buffer =>
  open(key, pageContext(id, first), sealed)

/**
 * The select of `columns` of these pages. It needs no parameters, because all its values are
 * numbers.
 */
const selectPages = (
  { number, run }: OpenEdition,
  columns: string,
  { which = '', limit = '' }: { which?: string; limit?: string },
): string =>
  `select ${columns} from registry_page where edition = ${number} and run = ${run}${which} order by first${limit}`

/**
 * Where the pages of an edition begin, ascending. The edition must be in force, or have been in
 * force.
 */
export const readPlaces = async (db: Db, edition: OpenEdition): Promise<Float64Array> => {
  const { rows } = await sql<{
    first: string
  }>`${sql.raw(selectPages(edition, 'first', {}))}`.execute(db)
  return Float64Array.from(rows, ({ first }) => Number(first))
}

/**
 * Passes the pages that begin at `places` (ascending) to `take`, each once and in order. Throws if
 * a page is missing or cannot be opened.
 */
export const readPagesAt = async (
  database: Database,
  edition: OpenEdition,
  places: readonly number[],
  take: (first: number, bytes: Buffer) => void,
): Promise<void> => {
  let next = 0
  const which = ` and first = any('{${places.join(',')}}'::bigint[])`
  await database.readBytes(selectPages(edition, 'first, sealed', { which }), (first, sealed) => {
    if (first !== places[next]) throw new Error(`Edition ${edition.id} lacks page ${places[next]}`)
    next += 1
    take(first, openPage(edition, first, sealed))
  })
  if (next < places.length) throw new Error(`Edition ${edition.id} lacks page ${places[next]}`)
}

const PAGES_AT_ONCE = 64

/** Reads the blocks of an edition in order, a few pages at a time. */
export type BlockCursor = {
  /** The block at the cursor. null: there are no more. */
  readonly current: NumberBlock | null
  next(): Promise<void>
}

/** Returns a cursor at the first block whose prefix is greater than `beyond`. */
export const createBlockCursor = async (
  database: Database,
  edition: OpenEdition,
  beyond = -1,
): Promise<BlockCursor> => {
  let after = -1
  let rest: { first: number; bytes: Buffer }[] = []
  let isWhole = false
  let blocks: Iterator<NumberBlock> = [][Symbol.iterator]()
  let current: NumberBlock | null = null
  const fetch = async (): Promise<void> => {
    const { number, run } = edition
    // The page that contains the prefix `beyond` may also contain blocks after it.
    const which =
      after >= 0
        ? ` and first > ${after}`
        : ` and first >= coalesce((select max(first) from registry_page where edition = ${number} and run = ${run} and first <= ${beyond}), -1)`
    const select = selectPages(edition, 'first, sealed', {
      which,
      limit: ` limit ${PAGES_AT_ONCE}`,
    })
    const read: typeof rest = []
    await database.readBytes(select, (first, sealed) => {
      read.push({ first, bytes: openPage(edition, first, sealed) })
    })
    isWhole = read.length < PAGES_AT_ONCE
    after = read.at(-1)?.first ?? after
    rest = read.toReversed()
  }
  const next = async (): Promise<void> => {
    for (;;) {
      const step = blocks.next()
      if (!step.done) {
        current = step.value
        return
      }
      if (rest.length === 0 && !isWhole) await fetch()
      const page = rest.pop()
      if (page === undefined) {
        current = null
        return
      }
      blocks = blocksOfPage(page.first, page.bytes)
    }
  }
  do await next()
  while (current !== null && (current as NumberBlock).prefix <= beyond)
  return {
    get current() {
      return current
    },
    next,
  }
}
