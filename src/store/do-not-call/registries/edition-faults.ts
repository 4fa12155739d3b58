import { sql } from 'kysely'

import type { EditionChange } from '../../../domain/do-not-call/registries/registry.ts'
import type { EditionFault } from '../../../workflows/ports/do-not-call/registries/registries.ts'
import type { Db } from '../../homes/database.ts'

/**
 * A full edition with less than this share of the numbers in force is refused, because its file may
 * have been cut between two lines.
 */
const LEAST_SHARE = 0.9

export type Judged = {
  registry: string
  change: EditionChange
  /** For a change: the edition that it changes. null: the edition in force. */
  baseId: string | null
  asOf: string
}

type Other = { id: string; as_of: Date; numbers: string }

const isOlder = (asOf: string, than: Other): boolean => Date.parse(asOf) < than.as_of.getTime()

/** `numbers`: null if that is not known yet, or if any number is allowed. */
const isCut = (numbers: number | null, whole: Other): boolean =>
  numbers !== null && numbers < Number(whole.numbers) * LEAST_SHARE

const readInForce = async (db: Db, registry: string): Promise<Other | undefined> => {
  const { rows } = await sql<Other>`select e.id, e.as_of, e.numbers from registry r
    join registry_edition e on e.number = r.current_edition where r.name = ${registry}`.execute(db)
  return rows[0]
}

/**
 * The fault of a new edition, compared with the edition in force. null: no fault. `numbers`: how
 * many numbers the new edition has. null: that is not known yet, or any number is allowed.
 */
export const faultBeside = async (
  db: Db,
  { registry, change, baseId, asOf }: Judged,
  numbers: number | null,
): Promise<EditionFault | null> => {
  const current = await readInForce(db, registry)
  if (change !== 'full' && (current === undefined || (baseId ?? current.id) !== current.id)) {
    return { kind: 'base_missing', editionId: current?.id ?? null }
  }
  if (current === undefined) return null
  if (isOlder(asOf, current)) return { kind: 'older', editionId: current.id }
  const shrinks = change === 'full' && isCut(numbers, current)
  return shrinks ? { kind: 'shrinks', editionId: current.id } : null
}

/**
 * The fault `duplicate`, if an earlier edition of the registry is the same change with the same
 * file. null: none is. An earlier edition does not count if the caller has stated a later time
 * (`isDated`): a registry may have the same numbers again. Editions that are still being received,
 * have failed or were deleted are not compared.
 */
export const sameFile = async (
  db: Db,
  { registry, change, asOf }: Pick<Judged, 'registry' | 'change' | 'asOf'>,
  sha256: string,
  isDated: boolean,
): Promise<EditionFault | null> => {
  const { rows } = await sql<{ id: string }>`select id from registry_edition
    where registry = ${registry} and sha256 = ${sha256} and change = ${change} and state in ('loading', 'current', 'replaced')
      and not (${isDated}::boolean and as_of < ${asOf}::timestamptz)
    order by number desc limit 1`.execute(db)
  return rows[0] === undefined ? null : { kind: 'duplicate', editionId: rows[0].id }
}

/**
 * The fault of a new edition, compared with the editions that are being loaded. null: no fault.
 * `loading`: it is a change. When the other edition comes into force, the change would no longer
 * fit. `older`: it is a full edition, and the other edition is newer. The new edition could come
 * into force only before the other one, which may already be on its way. `shrinks`: see
 * `faultBeside`, as for `numbers`.
 */
const loadingBeside = async (
  db: Db,
  { registry, change, asOf }: Pick<Judged, 'registry' | 'change' | 'asOf'>,
  numbers: number | null,
): Promise<EditionFault | null> => {
  const { rows } = await sql<Other & { change: EditionChange }>`select id, as_of, numbers, change
    from registry_edition where registry = ${registry} and state = 'loading'
    order by as_of desc, loaded_at desc, number desc`.execute(db)
  const [last] = rows
  if (last === undefined) return null
  if (change !== 'full') return { kind: 'loading', editionId: last.id }
  if (isOlder(asOf, last)) return { kind: 'older', editionId: last.id }
  const full = rows.find((row) => row.change === 'full')
  return full && isCut(numbers, full) ? { kind: 'shrinks', editionId: full.id } : null
}

/**
 * The fault of a new edition, compared with the editions that are being loaded, and then with the
 * edition in force. null: no fault. `numbers`: as for `faultBeside`.
 */
export const faultOfNew = async (
  db: Db,
  judged: Judged,
  numbers: number | null,
): Promise<EditionFault | null> =>
  (await loadingBeside(db, judged, numbers)) ?? (await faultBeside(db, judged, numbers))
