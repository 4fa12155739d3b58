import type { SandboxState } from '../server/endpoint.ts'
import { Refusal } from '../server/refusal.ts'
import type { ListStore, StoredList } from '../state/list-store.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import type { Entity } from './platform-list-entity.ts'

/** The names of Genesys' own columns in exports [platform-api: 2.6]. */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['inin-outbound-id', 'ContactCallable'])

/** Throws the refusal for a broken rule, with the code that the platform documents. */
export const refuse = (code: string, message: string, status = 400): never => {
  throw new Refusal(status, code, message)
}

/** Checks a name, which must be unique in an org. Throws 400. */
export const assertName = (lists: ListStore, name: string, self: StoredList | null): void => {
  if (name.trim() === '') refuse('name.cannot.be.blank', 'A name must be provided.')
  if (name.length > PLATFORM_LIMITS.nameChars) refuse('name.length.exceeded', 'Name too long.')
  const taken = lists.all().some((list) => list !== self && list.name === name)
  if (taken) refuse('duplicate.name', 'The name already exists.')
}

/**
 * Checks that the division and the attempt limits exist. The codes for a missing division or
 * missing attempt limits are not documented. Throws 400.
 */
export const assertReferences = (state: SandboxState, { settings }: Entity): void => {
  const { division, attemptLimits } = settings
  if (division && !state.divisions.has(division.id)) {
    refuse('division.not.found', 'The division was not found.')
  }
  if (attemptLimits && !state.attemptLimits.has(attemptLimits.id)) {
    refuse('attempt.limits.not.found', 'The attempt limits were not found.')
  }
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

const assertDeclared = (entity: Entity): void => {
  const { columnNames, phoneColumns, emailColumns, whatsAppColumns, settings } = entity
  const columns = [...phoneColumns, ...emailColumns, ...whatsAppColumns]
  const declared = columns.map(({ columnName }) => columnName)
  if (declared.length === 0) {
    refuse('no.phone.columns', 'At least one phone, email or WhatsApp column is needed.')
  }
  if (new Set(declared).size < declared.length) refuse('not.unique.phone.columns', 'Repeated.')
  if (declared.some((name) => SYSTEM_COLUMNS.has(name))) {
    refuse('system.column.phone.column', 'A system column cannot be a phone or email column.')
  }
  if (!declared.every((name) => columnNames.includes(name))) {
    refuse('invalid.contact.phone.column', 'A phone or email column is not a column of the list.')
  }
  const referred = [
    ...columns.map(({ timeColumn }) => timeColumn),
    ...settings.columnDataTypeSpecifications.map(({ columnName }) => columnName),
    settings.previewModeColumnName,
  ]
  if (referred.some((name) => name !== undefined && !columnNames.includes(name))) {
    refuse('invalid.contact.columns', 'A column that is referred to is not a column of the list.')
  }
}

const assertTimeZones = ({ settings, phoneColumns, columnNames }: Entity): void => {
  const { automaticTimeZoneMapping, zipCodeColumnName: zip } = settings
  const timed = phoneColumns.some(({ timeColumn }) => timeColumn !== undefined)
  if (automaticTimeZoneMapping && timed) {
    refuse(
      'cannot.have.callable.time.column.with.automatic.time.zone.mapping',
      'A phone column cannot have a callable time column if the list has automatic time zone mapping.',
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

/**
 * Checks the columns of a new list by the documented rules of the platform [platform-api: 2.3].
 * Throws 400.
 */
export const assertColumns = (entity: Entity): void => {
  assertColumnNames(entity)
  assertDeclared(entity)
  assertTimeZones(entity)
}

const same = (before: unknown, after: unknown): boolean =>
  JSON.stringify(before) === JSON.stringify(after)

/**
 * Checks that an update does not change a member that is fixed when a list is made. Throws 400. The
 * code for email and WhatsApp columns and for data types is not documented.
 * `contact.columns.dont.match` fits best among the documented codes.
 */
export const assertUnchanged = (before: Entity, after: Entity): void => {
  if (!same(before.columnNames, after.columnNames)) {
    refuse('cannot.update.contact.column.names', 'Column names cannot be changed.')
  }
  if (!same(before.phoneColumns, after.phoneColumns)) {
    refuse('cannot.update.phone.columns', 'Phone columns cannot be changed.')
  }
  const others = ({ emailColumns, whatsAppColumns, settings }: Entity) => [
    emailColumns,
    whatsAppColumns,
    settings.columnDataTypeSpecifications,
  ]
  if (!same(others(before), others(after))) {
    refuse('contact.columns.dont.match', 'Email columns and data types cannot be changed.')
  }
  const zones = ({ settings }: Entity) => [
    settings.automaticTimeZoneMapping,
    settings.zipCodeColumnName,
  ]
  if (!same(zones(before), zones(after))) {
    refuse(
      'cannot.edit.automatic.time.zone.mapping.settings',
      'Automatic time zone mapping cannot be changed.',
    )
  }
}
