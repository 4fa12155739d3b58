/** A contact list in Genesys, in the gateway's words. */
export const COLUMN_KINDS = ['text', 'phone', 'email', 'date'] as const
export type ColumnKind = (typeof COLUMN_KINDS)[number]

export type ListColumn = { name: string; kind: ColumnKind; required: boolean }

export type ContactListStatus = 'ready' | 'processing' | 'error'

export type ContactList = {
  id: string
  name: string
  status: ContactListStatus
  /** Opaque; changes when the columns change. Compared before delivery (`schema-drift`). */
  schemaVersion: string
  columns: ListColumn[]
  /** Contacts in the list as Genesys reports them. null if the dialect does not report them. */
  size: number | null
  /**
   * Other settings of the list that Genesys shows and that a creation can request; absent if
   * nothing of it was read.
   */
  shown?: ShownSettings
}

/**
 * Settings for making a list, beside its columns. `settingsBeyond` says which dialect knows which.
 */
export type ListSettings = {
  description?: string | undefined
  schemaName?: string | undefined
  schemaVersion?: string | undefined
  divisionId?: string | undefined
  attemptLimitsId?: string | undefined
  /**
   * Genesys finds the time zone of a contact by its area code, or by its zip code if a column has
   * it.
   */
  automaticTimeZoneMapping?: boolean | undefined
  zipCodeColumn?: string | undefined
  /** Genesys publishes no list of these words. */
  retentionType?: string | undefined
  retentionDays?: number | undefined
  /** ISO 8601. */
  dateExpiration?: string | undefined
  timeZone?: string | undefined
}

/** Settings for making a column, beside its kind. */
export type ColumnSettings = {
  /** The number is for WhatsApp messages, not for calls. */
  whatsApp?: boolean | undefined
  /** The column that holds the time zone in which this number may be called. */
  callableTimeColumn?: string | undefined
  /** The same of an address or a number for WhatsApp. */
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
  /** Contacts of a list; left out if no limit is published. */
  listContacts?: number
}
