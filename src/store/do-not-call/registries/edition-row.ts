import { sql } from 'kysely'

import type {
  Edition,
  EditionChange,
  EditionState,
  Registry,
} from '../../../domain/do-not-call/registries/registry.ts'

export type EditionRow = {
  number: string
  id: string
  registry: string
  state: EditionState
  change: EditionChange
  base_id: string | null
  as_of: Date
  subscription: string | null
  lines: string
  numbers: string
  rejected: string
  first_rejected_line: string | null
  bytes: string
  sha256: string | null
  added: string | null
  problem: string | null
  created_at: Date
  current_at: Date | null
  deleted_at: Date | null
}

/** The columns of an `EditionRow`, from `registry_edition e`. */
export const EDITION_COLUMNS = sql`e.number, e.id, e.registry, e.state, e.change,
  (select base.id from registry_edition base where base.number = e.base) as base_id, e.as_of, e.subscription,
  e.lines, e.numbers, e.rejected, e.first_rejected_line, e.bytes, e.sha256, e.added, e.problem, e.created_at, e.current_at, e.deleted_at`

const numberOrNull = (text: string | null): number | null => (text === null ? null : Number(text))

/**
 * Makes an edition from a row. Times become ISO 8601 UTC, and numbers that the database returns as
 * text become numbers.
 */
export const toEdition = (row: EditionRow): Edition => ({
  id: row.id,
  registry: row.registry,
  state: row.state,
  change: row.change,
  baseId: row.base_id,
  asOf: row.as_of.toISOString(),
  subscription: row.subscription,
  lines: Number(row.lines),
  numbers: Number(row.numbers),
  rejected: Number(row.rejected),
  firstRejectedLine: numberOrNull(row.first_rejected_line),
  bytes: Number(row.bytes),
  sha256: row.sha256,
  added: numberOrNull(row.added),
  problem: row.problem,
  createdAt: row.created_at.toISOString(),
  currentAt: row.current_at?.toISOString() ?? null,
  deletedAt: row.deleted_at?.toISOString() ?? null,
})

export type RegistryRow = {
  name: string
  country: string
  max_age_days: number | null
  current_edition: string | null
  version: number
  created_at: Date
  updated_at: Date
}

/**
 * Makes a registry from a row. `current`: the edition in force, which is read separately. null:
 * none is in force.
 */
export const toRegistry = (row: RegistryRow, current: Edition | null): Registry => ({
  name: row.name,
  country: row.country,
  maxAgeDays: row.max_age_days,
  current,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
