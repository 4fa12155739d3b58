import { z } from 'zod'

import { Refusal } from '../server/refusal.ts'
import type { ListField, ListStore, StoredList } from '../state/list-store.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'

const columnSchema = z.object({
  columnName: z.string(),
  type: z.string(),
  callableTimeColumnName: z.string().optional(),
})
/** Unknown members are ignored, as the published API does. */
const entitySchema = z.object({
  name: z.string(),
  columnNames: z.array(z.string()),
  phoneColumns: z.array(columnSchema).default([]),
  emailColumns: z.array(columnSchema).default([]),
  automaticTimeZoneMapping: z.boolean().default(false),
  zipCodeColumnName: z.string().optional(),
  version: z.int().optional(),
})
export type Entity = z.output<typeof entitySchema>

/** Throws 400 `bad.request`. */
export const entityOf = (body: unknown): Entity => {
  const result = entitySchema.safeParse(body)
  if (result.success) return result.data
  const path = result.error.issues[0]?.path.join('.') ?? ''
  throw new Refusal(400, 'bad.request', `The request body is not valid at ${path}.`)
}

/** Names that exports carry for Genesys' own columns (platform API, section 2.6). */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['inin-outbound-id', 'ContactCallable'])

/** A rule that was broken, by the code that the platform documents for it. */
export const refuse = (code: string, message: string, status = 400): never => {
  throw new Refusal(status, code, message)
}

/** Names are unique in an org. Throws 400. */
export const assertName = (lists: ListStore, name: string, self: StoredList | null): void => {
  if (name.trim() === '') refuse('name.cannot.be.blank', 'A name must be provided.')
  if (name.length > PLATFORM_LIMITS.nameChars) refuse('name.length.exceeded', 'Name too long.')
  const taken = lists.all().some((list) => list !== self && list.name === name)
  if (taken) refuse('duplicate.name', 'The name already exists.')
}

const assertColumnNames = ({ columnNames }: Entity): void => {
  const names = new Set(columnNames)
  if (names.size === 0) refuse('no.contact.columns.defined', 'No columns were defined.')
  if (names.size < columnNames.length) refuse('not.unique.contact.columns', 'Columns repeat.')
  if (names.size > PLATFORM_LIMITS.columns) {
    refuse('contact.columns.limit.exceeded', 'Too many columns.')
  }
  if (columnNames.some((name) => name === '' || name.length > PLATFORM_LIMITS.headerChars)) {
    refuse('invalid.contact.columns', 'A column name is empty or too long.')
  }
}

const assertDeclared = ({ columnNames, phoneColumns, emailColumns }: Entity): void => {
  const declared = [...phoneColumns, ...emailColumns].map(({ columnName }) => columnName)
  if (declared.length === 0) {
    refuse('no.phone.columns', 'At least one phone or email column is needed.')
  }
  if (new Set(declared).size < declared.length) refuse('not.unique.phone.columns', 'Repeated.')
  if (declared.some((name) => SYSTEM_COLUMNS.has(name))) {
    refuse('system.column.phone.column', 'A system column cannot be a phone or email column.')
  }
  if (!declared.every((name) => columnNames.includes(name))) {
    refuse('invalid.contact.phone.column', 'A phone or email column is not a column of the list.')
  }
}

const assertTimeZones = (entity: Entity): void => {
  const { automaticTimeZoneMapping, zipCodeColumnName: zip, phoneColumns, columnNames } = entity
  const timed = phoneColumns.some((column) => column.callableTimeColumnName !== undefined)
  if (automaticTimeZoneMapping && timed) {
    refuse(
      'cannot.have.callable.time.column.with.automatic.time.zone.mapping',
      'A callable time column goes without automatic time zone mapping.',
    )
  }
  if (zip === undefined) return
  if (!automaticTimeZoneMapping) {
    refuse(
      'cannot.have.zip.code.column.without.automatic.time.zone.mapping',
      'A zip code column needs automatic time zone mapping.',
    )
  }
  if (!columnNames.includes(zip) || phoneColumns.some(({ columnName }) => columnName === zip)) {
    refuse('invalid.zip.code.column', 'The zip code column is no column, or one of phones.')
  }
}

/** What the platform documents for the columns of a new list (section 2.3). Throws 400. */
export const assertColumns = (entity: Entity): void => {
  assertColumnNames(entity)
  assertDeclared(entity)
  assertTimeZones(entity)
}

const namesAndTypes = (columns: Entity['phoneColumns']): string =>
  JSON.stringify(columns.map(({ columnName, type }) => [columnName, type]))

/**
 * What cannot change once a list is made. Which code speaks of email columns is not documented: `contact.columns.dont.match` is the
 * one of the documented codes that fits. Throws 400.
 */
export const assertUnchanged = (before: Entity, after: Entity): void => {
  if (JSON.stringify(before.columnNames) !== JSON.stringify(after.columnNames)) {
    refuse('cannot.update.contact.column.names', 'Column names cannot be changed.')
  }
  if (namesAndTypes(before.phoneColumns) !== namesAndTypes(after.phoneColumns)) {
    refuse('cannot.update.phone.columns', 'Phone columns cannot be changed.')
  }
  if (namesAndTypes(before.emailColumns) !== namesAndTypes(after.emailColumns)) {
    refuse('contact.columns.dont.match', 'Email columns cannot be changed.')
  }
  const zoned = before.automaticTimeZoneMapping === after.automaticTimeZoneMapping
  if (!zoned || before.zipCodeColumnName !== after.zipCodeColumnName) {
    refuse(
      'cannot.edit.automatic.time.zone.mapping.settings',
      'Automatic time zone mapping cannot be changed.',
    )
  }
}

/** The columns of an entity as the sandbox keeps them. */
export const fieldsOfEntity = (entity: Entity): ListField[] => {
  const phones = new Map(entity.phoneColumns.map((column) => [column.columnName, column.type]))
  const emails = new Map(entity.emailColumns.map((column) => [column.columnName, column.type]))
  return entity.columnNames.map((name) => {
    const kind = phones.has(name) ? 'phone' : emails.has(name) ? 'email' : 'text'
    return {
      name,
      kind,
      required: false,
      type: kind === 'phone' ? 'Phone' : kind === 'email' ? 'Email' : 'String',
      format: null,
      label: phones.get(name) ?? emails.get(name) ?? '',
    }
  })
}
