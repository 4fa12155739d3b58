import { sql } from 'kysely'

import { subjectOf } from '../../domain/do-not-call/subject.ts'
import type { SuppressionEpochs } from '../../domain/do-not-call/suppression.ts'
import { packSubjects, type StagedChunk } from '../../domain/uploads/chunk.ts'
import { subjectColumns } from '../../domain/uploads/subject-columns.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import { hasBit } from '../../lib/bitmap.ts'
import { createDigestBatch } from '../../lib/keyed-digest.ts'
import {
  RegistryStale,
  type SuppressionPort,
} from '../../workflows/ports/do-not-call/suppressions.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { Database, Db } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { createSuppressedAmong } from './at-intake/known-subjects.ts'
import { readStanding } from './at-intake/standing.ts'
import { createLookAgain } from './registries/look-again.ts'
import type { RegistryRules } from './registries/registry-hits.ts'
import { createNumbersAmong } from './registries/registry-look-up.ts'
import { createAddedSince, movedSince, tenantsOf } from './standing-entries.ts'
import { createLookUpSince, orUnknown, rowsAmong } from './suppressed-since.ts'

type Deps = {
  database: Database
  keyring: Keyring
  registryRules: RegistryRules
  digestKey: Buffer
  readChunk: UploadStore['readChunk']
}

type Asked = {
  contact_list_id: string
  since: SuppressionEpochs | null
  now: SuppressionEpochs | null
}

/**
 * Returns a look-up that covers the upload's hits in registries, and the entries that were added
 * since the upload's look-up at intake. null: no epoch was raised since intake.
 */
const readAdded = async (db: Db, uploadId: string) => {
  const { rows } = await sql<Asked>`select contact_list_id, suppression_epochs as since,
      (select jsonb_object_agg(tenant_id, epoch) from suppression_epoch
        where epoch > 0 and tenant_id in (${tenantsOf(sql`upload.contact_list_id`)})) as now
    from upload where id = ${uploadId}`.execute(db)
  const upload = rows[0]
  if (upload === undefined) throw new Error(`There is no upload ${uploadId}`)
  const { contact_list_id: listId, since, now } = upload
  const beyond = movedSince(now ?? {}, since)
  if (beyond === null) return null
  return createLookUpSince(db, uploadId, createAddedSince(db, listId, beyond))
}

type ChunkRow = { upload_id: string; seq: number; subjects: Buffer | null; left_out: Buffer }

const readSubjects = async (
  db: Db,
  uploadId: string,
  seq: number,
): Promise<ChunkRow | undefined> => {
  const { rows } = await sql<ChunkRow>`select upload_id, seq, subjects, left_out from chunk
    where upload_id = ${uploadId} and seq >= ${seq} order by seq limit 1`.execute(db)
  return rows[0]
}

/** The subjects of a stored chunk, computed exactly as intake does. */
const subjectsOf = (
  digestKey: Buffer,
  { cells, width, lines }: StagedChunk,
  columns: readonly number[],
): Buffer => {
  const digests = createDigestBatch(digestKey)
  const rows: number[] = []
  for (const row of lines.keys()) {
    for (const column of columns) {
      const cell = cells[row * width + column]
      if (cell === undefined || cell === '') continue
      digests.add(subjectOf(cell))
      rows.push(row)
    }
  }
  return packSubjects({ subjectDigests: digests.take(), subjectRows: Uint16Array.from(rows) })
}

/**
 * Looks up suppressions in SQL. `digestKey` must be the key with which intake makes its digests.
 * `readChunk` opens the rows that have no digests yet.
 */
export const createSuppressions = (deps: Deps): SuppressionPort => {
  const { db } = deps.database
  const numbersAmong = createNumbersAmong(deps.database, deps.keyring)
  const lookAgain = createLookAgain({ ...deps, numbersAmong })
  const since = createLookUpsSince(deps)
  return {
    standingOf: (listId) => readStanding(db, listId),
    suppressedAmong: createSuppressedAmong(db),
    asksCountries: deps.registryRules.required.size > 0,
    numbersAmong,
    lookAgain,
    ...since,
    suppressedSince: async (uploadId) => {
      // A row that an edition suppresses counts like a row that an added entry suppresses. An
      // edition that is too old is reported later, when the upload is to be sent.
      await lookAgain(uploadId).catch((error: unknown) => {
        if (!(error instanceof RegistryStale)) throw error
      })
      return since.suppressedSince(uploadId)
    },
  }
}

/** Looks up rows as `readAdded` does, and adds the digests that stored chunks lack. */
const createLookUpsSince = ({
  database: { db },
  digestKey,
  readChunk,
}: Deps): Pick<SuppressionPort, 'suppressedIn' | 'suppressedSince' | 'fillSubjects'> => ({
  suppressedIn: (uploadId, seq) =>
    orUnknown(async () => {
      const lookUp = await readAdded(db, uploadId)
      if (lookUp === null) return new Set<number>()
      const chunk = await readSubjects(db, uploadId, seq)
      if (chunk?.seq !== seq) throw new Error(`Upload ${uploadId} has no chunk ${seq}`)
      return rowsAmong(chunk, lookUp, (row) => !hasBit(chunk.left_out, row))
    }),
  suppressedSince: async (uploadId) => {
    const lookUp = await readAdded(db, uploadId)
    if (lookUp === null) return 0
    let rows = 0
    for (let seq = 0; ; seq += 1) {
      const chunk = await readSubjects(db, uploadId, seq)
      if (chunk === undefined) return rows
      seq = chunk.seq
      rows += (await rowsAmong(chunk, lookUp, (row) => !hasBit(chunk.left_out, row))).size
    }
  },
  fillSubjects: async (uploadId) => {
    const { rows } = await sql<{
      columns: Upload['columns']
      targets: string[]
    }>`select columns, target_columns as targets
      from upload where id = ${uploadId}`.execute(db)
    const upload = rows[0]
    if (upload === undefined) return
    const columns = subjectColumns({ columns: upload.columns, targetColumns: upload.targets })
    const { rows: chunks } = await sql<{ seq: number }>`select seq from chunk
      where upload_id = ${uploadId} and subjects is null order by seq`.execute(db)
    for (const { seq } of chunks) {
      const subjects = subjectsOf(digestKey, await readChunk(uploadId, seq), columns)
      await sql`update chunk set subjects = ${subjects}
        where upload_id = ${uploadId} and seq = ${seq} and subjects is null`.execute(db)
    }
  },
})
