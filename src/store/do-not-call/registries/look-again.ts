import { sql } from 'kysely'

import type {
  EditionInForce,
  RegistryLook,
} from '../../../domain/do-not-call/registries/registry.ts'
import { numberOfSubject, subjectOf } from '../../../domain/do-not-call/subject.ts'
import { countriesOfNumber } from '../../../domain/phones/phone-country.ts'
import type { StagedChunk } from '../../../domain/uploads/chunk.ts'
import { subjectColumns } from '../../../domain/uploads/subject-columns.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { hasBit } from '../../../lib/bitmap.ts'
import { createDigestBatch, DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import type { UploadStore } from '../../../workflows/ports/uploads/uploads.ts'
import type { Database, Db } from '../../homes/database.ts'
import { orUnknown, readEpochs } from '../suppressed-since.ts'
import { assertFresh, MOVED_SINCE, type RegistryRules, USES_REGISTRY } from './registry-hits.ts'
import { readEditionsOf } from './registry-look-up.ts'

type Deps = {
  database: Database
  digestKey: Buffer
  registryRules: RegistryRules
  readChunk: UploadStore['readChunk']
  numbersAmong: SuppressionPort['numbersAmong']
}

type Row = {
  id: string
  contact_list_id: string
  columns: Upload['columns']
  targets: string[]
  look: RegistryLook | null
  moved: boolean
  uses: boolean
}

/**
 * How many numbers are looked up together. They are sorted first, so that each page is read once
 * for many numbers.
 */
const NUMBERS_AT_ONCE = 250_000

/** The phone numbers of the rows that are not left out. */
const numbersOf = (
  { cells, width, lines, leftOut }: StagedChunk,
  columns: readonly number[],
): number[] => {
  const numbers: number[] = []
  for (const row of lines.keys()) {
    if (hasBit(leftOut, row)) continue
    for (const column of columns) {
      const number = numberOfSubject(cells[row * width + column] ?? '')
      if (number > 0) numbers.push(number)
    }
  }
  return numbers
}

const writeHits = async (
  db: Db,
  uploadId: string,
  digests: Buffer,
  editions: readonly number[],
): Promise<void> => {
  const subjects = editions.map((_, at) =>
    digests.toString('hex', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
  )
  for (let from = 0; from < subjects.length; from += 5_000) {
    await sql`insert into registry_hit (upload_id, subject, edition)
      select ${uploadId}, subject::uuid, edition from unnest(${subjects.slice(from, from + 5_000)}::text[], ${editions.slice(from, from + 5_000)}::bigint[])
        as h (subject, edition) order by subject on conflict do nothing`.execute(db)
  }
}

const lookUp = async (
  deps: Deps,
  { id }: Row,
  editions: readonly EditionInForce[],
  numbers: readonly number[],
): Promise<void> => {
  if (numbers.length === 0 || editions.length === 0) return
  const sorted = Float64Array.from(new Set(numbers)).toSorted()
  const found = await deps.numbersAmong(editions, sorted)
  const digests = createDigestBatch(deps.digestKey)
  const by: number[] = []
  for (const [at, hit] of found.entries()) {
    if (hit === 0) continue
    digests.add(subjectOf(`+${sorted[at]}`))
    by.push(editions[hit - 1]!.number)
  }
  if (by.length > 0) await writeHits(deps.database.db, id, digests.take(), by)
}

/**
 * Looks up all chunks of the upload in the editions. Returns the countries of the upload's phone
 * numbers.
 */
const lookThrough = async (
  deps: Deps,
  row: Row,
  editions: readonly EditionInForce[],
): Promise<string[]> => {
  const columns = subjectColumns({ columns: row.columns, targetColumns: row.targets })
  const countries = new Set<string>()
  let numbers: number[] = []
  const { rows: chunks } = await sql<{
    seq: number
  }>`select seq from chunk where upload_id = ${row.id} order by seq`.execute(deps.database.db)
  for (const { seq } of chunks) {
    const ofChunk = numbersOf(await deps.readChunk(row.id, seq), columns)
    for (const number of ofChunk) {
      for (const country of countriesOfNumber(number)) countries.add(country)
      numbers.push(number)
    }
    if (numbers.length < NUMBERS_AT_ONCE) continue
    await lookUp(deps, row, editions, numbers)
    numbers = []
  }
  await lookUp(deps, row, editions, numbers)
  return [...countries].toSorted()
}

/**
 * Looks up an upload in the editions that are new since its last look-up. Records the look-up after
 * the hits. If the process is killed in between, the look-up is repeated.
 */
const look = async (deps: Deps, row: Row): Promise<RegistryLook> => {
  const { db } = deps.database
  const epochs = await readEpochs(db, row.contact_list_id)
  const before = row.look?.editions ?? []
  const editions = await readEditionsOf(db, row.contact_list_id)
  const added = editions.filter(({ number }) => !before.includes(number))
  const countries = await lookThrough(deps, row, added)
  const all = [...new Set([...before, ...editions.map(({ number }) => number)])]
  const made = { epochs, editions: all, countries }
  await sql`update upload set registries = ${JSON.stringify(made)}::jsonb where id = ${row.id}`.execute(
    db,
  )
  return made
}

/**
 * Looks up all rows of an upload in the editions that came into force since its last look-up.
 * Stores the hits with the upload, where every try checks them. Throws `RegistryStale` like
 * `assertFresh`, and `SuppressionUnknown` like `orUnknown`.
 */
export const createLookAgain =
  (deps: Deps): SuppressionPort['lookAgain'] =>
  (uploadId) =>
    orUnknown(async () => {
      const { db } = deps.database
      const { rows } =
        await sql<Row>`select id, contact_list_id, columns, target_columns as targets, registries as look,
          ${MOVED_SINCE(sql`upload.contact_list_id`, sql`upload.registries`)} as moved,
          ${USES_REGISTRY(sql`upload.contact_list_id`)} as uses
        from upload where id = ${uploadId}`.execute(db)
      const row = rows[0]
      if (row === undefined) throw new Error(`There is no upload ${uploadId}`)
      const asks = row.look === null && (deps.registryRules.required.size > 0 || row.uses)
      const made = row.moved || asks ? await look(deps, row) : row.look
      const epochs = await readEpochs(db, row.contact_list_id)
      const about = { uploadId, listId: row.contact_list_id, look: made }
      await assertFresh(db, deps.registryRules, about, epochs)
    })
