import type {
  ColumnKind,
  ColumnSettings,
  ContactList,
  ListColumn,
  ListSettings,
} from './contact-list.ts'

/** A contact list to make. */
export type NewContactListPlan = ListSettings & {
  name: string
  columns: readonly (ListColumn & ColumnSettings)[]
  /**
   * The name of the column with the contact id. It is one of the columns, and its kind must be
   * text.
   */
  contactIdColumn: string
}

/** Limits that both dialects accept (Genesys: name 64, 50 columns, header 128). */
export const NEW_LIST_LIMITS = {
  nameChars: 64,
  columns: 50,
  columnNameChars: 128,
  descriptionChars: 512,
} as const

/**
 * The dialect that supports a setting. Lists of the guide dialect have a description and a schema.
 * Lists of the platform dialect have a division, attempt limits, and settings for time zones and
 * retention.
 */
const KNOWN_IN: Record<keyof ListSettings, 'guide' | 'platform'> = {
  description: 'guide',
  schemaName: 'guide',
  schemaVersion: 'guide',
  divisionId: 'platform',
  attemptLimitsId: 'platform',
  automaticTimeZoneMapping: 'platform',
  zipCodeColumn: 'platform',
  retentionType: 'platform',
  retentionDays: 'platform',
  dateExpiration: 'platform',
  timeZone: 'platform',
}
const SETTINGS = Object.keys(KNOWN_IN) as (keyof ListSettings)[]
const COLUMN_SETTINGS = ['whatsApp', 'callableTimeColumn', 'contactableTimeColumn'] as const

/**
 * The settings of the plan that the dialect does not support, such as `timeZone` or
 * `columns.0.whatsApp`.
 */
export const settingsBeyond = (
  dialect: 'guide' | 'platform',
  plan: NewContactListPlan,
): string[] => {
  const ofList = SETTINGS.filter((name) => plan[name] !== undefined && KNOWN_IN[name] !== dialect)
  if (dialect === 'platform') return ofList
  const ofColumns = plan.columns.flatMap((column, index) =>
    COLUMN_SETTINGS.filter((name) => column[name] !== undefined).map(
      (name) => `columns.${index}.${name}`,
    ),
  )
  return [...ofList, ...ofColumns]
}

/** The platform has no date columns. Genesys makes text columns instead. */
const isKept = (asked: ColumnKind, made: ColumnKind): boolean =>
  made === asked || (asked === 'date' && made === 'text')

/**
 * Whether a list has exactly the requested columns. A requested date column may have become a text
 * column. If the outcome of a creation is unknown, the gateway recognises the created list by its
 * name and its columns.
 */
export const hasColumns = (list: ContactList, plan: NewContactListPlan): boolean => {
  const kinds = new Map(list.columns.map(({ name, kind }) => [name, kind]))
  return (
    kinds.size === plan.columns.length &&
    plan.columns.every(({ name, kind }) => {
      const made = kinds.get(name)
      return made !== undefined && isKept(kind, made)
    })
  )
}

/**
 * A difference between the requested list and the created list, in words for the caller. `column`
 * null: the difference concerns the whole list.
 */
export type ListNote = { column: string | null; note: string }

/**
 * The differences between the requested columns and the created columns, in words for the caller.
 */
const columnNotes = (list: ContactList, plan: NewContactListPlan): ListNote[] => {
  const made = new Map(list.columns.map((column) => [column.name, column]))
  return plan.columns.flatMap(({ name, kind, required }) => {
    const column = made.get(name)
    if (!column) return [{ column: name, note: 'Genesys does not show this column yet.' }]
    const notes = [
      ...(column.kind === kind
        ? []
        : [`Genesys shows this column as ${column.kind}, not as ${kind}.`]),
      ...(column.required === required
        ? []
        : ['In Genesys, this column is not a required column.']),
    ]
    return notes.map((note) => ({ column: name, note }))
  })
}

const isSame = (name: string, asked: unknown, shown: unknown): boolean =>
  name === 'dateExpiration'
    ? Date.parse(String(asked)) === Date.parse(String(shown))
    : asked === shown

const settingNotes = (list: ContactList, plan: NewContactListPlan): ListNote[] => {
  const { shown } = list
  if (!shown) return []
  const note = (column: string | null, name: string): ListNote => ({
    column,
    note: `Genesys does not show ${name} as requested.`,
  })
  const ofList = SETTINGS.filter(
    (name) => plan[name] !== undefined && !isSame(name, plan[name], shown[name]),
  )
  const ofColumns = plan.columns.flatMap((column) =>
    COLUMN_SETTINGS.filter(
      (name) => (column[name] ?? false) !== (shown.columns[column.name]?.[name] ?? false),
    ).map((name) => note(column.name, name)),
  )
  return [...ofList.map((name) => note(null, name)), ...ofColumns]
}

/**
 * The differences between the created list and the request: in the columns and, if Genesys reports
 * them, in the settings.
 */
export const listNotes = (list: ContactList, plan: NewContactListPlan): ListNote[] => [
  ...columnNotes(list, plan),
  ...settingNotes(list, plan),
]
