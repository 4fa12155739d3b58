/** The kinds of columns of a contact list. The gateway uses these names for both dialects. */
export const COLUMN_KINDS = ['text', 'phone', 'email', 'date'] as const
export type ColumnKind = (typeof COLUMN_KINDS)[number]

export type ListColumn = { name: string; kind: ColumnKind; required: boolean }

export type ContactListStatus = 'ready' | 'processing' | 'error'

export type ContactList = {
  id: string
  name: string
  status: ContactListStatus
  /**
   * A text that changes when the columns change. It has no other meaning. The gateway compares it
   * before delivery (`schema-drift`).
   */
  schemaVersion: string
  columns: ListColumn[]
  /** How many contacts the list has, as Genesys reports. null: Genesys did not report it. */
  size: number | null
  /**
   * The settings of the list and of its columns, as Genesys reports them: only those that a caller
   * can choose for a new list. A setting that Genesys did not report is missing.
   */
  shown?: ShownSettings
}

/**
 * Settings for a new list, apart from its columns. `settingsBeyond` names the settings that a
 * dialect does not support.
 */
export type ListSettings = {
  description?: string | undefined
  schemaName?: string | undefined
  schemaVersion?: string | undefined
  divisionId?: string | undefined
  attemptLimitsId?: string | undefined
  /**
   * If true, Genesys finds the time zone of a contact by the area code of its number. If
   * `zipCodeColumn` is set too, Genesys uses the zip code instead.
   */
  automaticTimeZoneMapping?: boolean | undefined
  zipCodeColumn?: string | undefined
  /** Genesys documents no list of the values. */
  retentionType?: string | undefined
  retentionDays?: number | undefined
  /** ISO 8601. */
  dateExpiration?: string | undefined
  timeZone?: string | undefined
}

/** Settings for a column of a new list, apart from its kind. */
export type ColumnSettings = {
  /** Whether the number is for WhatsApp messages instead of calls. */
  whatsApp?: boolean | undefined
  /** The column with the time zone in which this number may be called. */
  callableTimeColumn?: string | undefined
  /**
   * The column with the time zone in which this address, or this number for WhatsApp, may be
   * contacted.
   */
  contactableTimeColumn?: string | undefined
}

export type ShownSettings = ListSettings & { columns: Record<string, ColumnSettings> }

export type ContactListSummary = { id: string; name: string }

/** Limits of a dialect. null: no limit published. */
export type DialectLimits = {
  batchRows: number
  batchBytes: number
  columns: number | null
  headerChars: number | null
  cellChars: number | null
  /** The most contacts in a list. Missing if no limit is published. */
  listContacts?: number
  /**
   * The name under which every row has its contact id. A list's column with this name can therefore
   * hold nothing else. Missing if the id has a place of its own.
   */
  idColumn?: string
}
