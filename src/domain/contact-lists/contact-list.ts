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
  /** Contacts that Genesys says the list holds; null where the dialect does not tell. */
  size: number | null
  /** What else Genesys shows of the list that can be asked for when it is made; absent where nothing of it was read. */
  shown?: ShownSettings
}

/** What a list can be made with beside its columns; which dialect knows what is in `settingsBeyond`. */
export type ListSettings = {
  description?: string | undefined
  schemaName?: string | undefined
  schemaVersion?: string | undefined
  divisionId?: string | undefined
  attemptLimitsId?: string | undefined
  /** Genesys finds the time zone of a contact by its area code, or by its zip code where a column has it. */
  automaticTimeZoneMapping?: boolean | undefined
  zipCodeColumn?: string | undefined
  /** Genesys publishes no list of these words. */
  retentionType?: string | undefined
  retentionDays?: number | undefined
  /** ISO 8601. */
  dateExpiration?: string | undefined
  timeZone?: string | undefined
}

/** What a column can be made with beside its kind. */
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

/** What a dialect takes at most. null = no limit published. */
export type DialectLimits = {
  batchRows: number
  batchBytes: number
  columns: number | null
  headerChars: number | null
  cellChars: number | null
  /** Contacts of a list; left out where no limit is published. */
  listContacts?: number
}
