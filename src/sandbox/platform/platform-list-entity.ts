import { z } from 'zod'

import { Refusal } from '../server/refusal.ts'
import type { ListField, ListSettings, StoredList } from '../state/list-store.ts'

const column = { columnName: z.string(), type: z.string() }
const timeColumn = z.string().nullish()
/** `callableTimeColumn` and `contactableTimeColumn` are the older spellings (SDK 262). */
const phoneColumn = z
  .object({ ...column, callableTimeColumnName: timeColumn, callableTimeColumn: timeColumn })
  .transform(({ columnName, type, callableTimeColumnName, callableTimeColumn }) => ({
    columnName,
    type,
    timeColumn: callableTimeColumnName ?? callableTimeColumn ?? undefined,
  }))
const addressColumn = z
  .object({ ...column, contactableTimeColumnName: timeColumn, contactableTimeColumn: timeColumn })
  .transform(({ columnName, type, contactableTimeColumnName, contactableTimeColumn }) => ({
    columnName,
    type,
    timeColumn: contactableTimeColumnName ?? contactableTimeColumn ?? undefined,
  }))

const dataType = z.object({
  columnName: z.string(),
  columnDataType: z.enum(['NUMERIC', 'TEXT', 'TIMESTAMP']),
  min: z.number().optional(),
  max: z.number().optional(),
  maxLength: z.int().optional(),
})
const text = z.string().optional()
const ref = z.object({ id: z.string() }).optional()

/** Unknown members are ignored, as in the published API. */
const entitySchema = z
  .object({
    name: z.string(),
    version: z.int().optional(),
    columnNames: z.array(z.string()),
    phoneColumns: z.array(phoneColumn).default([]),
    emailColumns: z.array(addressColumn).default([]),
    whatsAppColumns: z.array(addressColumn).default([]),
    division: ref,
    attemptLimits: ref,
    automaticTimeZoneMapping: z.boolean().default(false),
    zipCodeColumnName: text,
    previewModeColumnName: text,
    previewModeAcceptedValues: z.array(z.string()).default([]),
    columnDataTypeSpecifications: z.array(dataType).default([]),
    trimWhitespace: z.boolean().default(true),
    retentionType: text,
    retentionDays: z.int().positive().optional(),
    dateExpiration: text,
    timeZone: text,
  })
  .transform(
    ({ name, version, columnNames, phoneColumns, emailColumns, whatsAppColumns, ...settings }) => ({
      name,
      version,
      columnNames,
      phoneColumns,
      emailColumns,
      whatsAppColumns,
      settings,
    }),
  )
export type Entity = z.output<typeof entitySchema>
type Column = Entity['phoneColumns'][number]

/** Treats a member that is null as absent. */
const withoutNulls = (body: unknown): unknown =>
  body !== null && typeof body === 'object' && !Array.isArray(body)
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
    : body

/** Parses an entity. Throws 400 `bad.request`. */
export const entityOf = (body: unknown): Entity => {
  const result = entitySchema.safeParse(withoutNulls(body))
  if (result.success) return result.data
  const path = result.error.issues[0]?.path.join('.') ?? ''
  throw new Refusal(400, 'bad.request', `The request body is not valid at ${path}.`)
}

const fieldIn = (
  name: string,
  kind: ListField['kind'],
  found: Column | undefined,
  whatsApp: boolean,
): ListField => ({
  name,
  kind,
  required: false,
  type: kind === 'phone' ? 'Phone' : kind === 'email' ? 'Email' : 'String',
  format: null,
  label: found?.type ?? '',
  whatsApp,
  timeColumn: found?.timeColumn,
})

/** Turns the columns of an entity into columns as the sandbox stores them. */
export const fieldsOfEntity = (entity: Entity): ListField[] => {
  const byName = (columns: readonly Column[]) =>
    new Map(columns.map((found) => [found.columnName, found]))
  const phones = byName(entity.phoneColumns)
  const emails = byName(entity.emailColumns)
  const messages = byName(entity.whatsAppColumns)
  return entity.columnNames.map((name) => {
    const phone = phones.get(name) ?? messages.get(name)
    const kind = phone ? 'phone' : emails.has(name) ? 'email' : 'text'
    return fieldIn(name, kind, phone ?? emails.get(name), messages.has(name))
  })
}

/**
 * Turns the settings of an entity into settings as the sandbox stores them. If the entity names no
 * division, the list has the division `divisionId`.
 */
export const settingsOfEntity = ({ settings }: Entity, divisionId: string): ListSettings => {
  const { division, attemptLimits, ...rest } = settings
  return { ...rest, divisionId: division?.id ?? divisionId, attemptLimitsId: attemptLimits?.id }
}

/** The columns of the list by their purpose, with the platform's names. */
export const columnsOfList = (list: StoredList) => {
  const columns = (
    fits: (field: ListField) => boolean,
    timeMember: 'callableTimeColumnName' | 'contactableTimeColumnName',
  ) =>
    list.fields.filter(fits).map(({ name, label, timeColumn: time }) => ({
      columnName: name,
      type: label,
      ...(time === undefined ? {} : { [timeMember]: time }),
    }))
  return {
    columnNames: list.fields.map(({ name }) => name),
    phoneColumns: columns(
      ({ kind, whatsApp }) => kind === 'phone' && whatsApp !== true,
      'callableTimeColumnName',
    ),
    emailColumns: columns(({ kind }) => kind === 'email', 'contactableTimeColumnName'),
    whatsAppColumns: columns(({ whatsApp }) => whatsApp === true, 'contactableTimeColumnName'),
  }
}
