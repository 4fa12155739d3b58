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
}

export type ContactListSummary = { id: string; name: string }

/** What a dialect takes at most. null = no limit published. */
export type DialectLimits = {
  batchRows: number
  batchBytes: number
  columns: number | null
  headerChars: number | null
  cellChars: number | null
}
