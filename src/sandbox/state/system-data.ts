type ByColumn<T> = Record<string, T>

/**
 * What Genesys stores about a contact besides its cells (SDK 262, DialerContact). A member is
 * absent until someone changes it.
 */
export type SystemData = {
  callable?: boolean | undefined
  phoneNumberStatus?: ByColumn<unknown> | undefined
  contactableStatus?: ByColumn<unknown> | undefined
  latestSmsEvaluations?: ByColumn<unknown> | undefined
  latestEmailEvaluations?: ByColumn<unknown> | undefined
  latestWhatsAppEvaluations?: ByColumn<unknown> | undefined
  callRecords?: ByColumn<{ lastAttempt: string; lastResult: string }> | undefined
  configurationOverrides?: { priority: boolean } | undefined
  dateCreated?: string | undefined
  retentionType?: string | undefined
  retentionDays?: number | undefined
  dateExpiration?: string | undefined
  /** Shown only in exports. */
  wrapups?: ByColumn<string> | undefined
}

/**
 * How a write changes a contact's system data. `clears`: the write replaces all of the data.
 * Otherwise, it replaces only the members that it names.
 */
export type SystemWrite = { data: SystemData; clears: boolean }

const given = (data: SystemData): SystemData =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))

/**
 * Parses stored system data. null: the contact has only the values that every new contact has, so
 * the result is empty.
 */
export const systemDataOf = (system: string | null): SystemData =>
  system === null ? {} : (JSON.parse(system) as SystemData)

/** The text to store. null: the contact has only the values that every new contact has. */
export const writtenSystem = (before: string | null, write: SystemWrite | null): string | null => {
  if (write === null) return before
  const data = { ...(write.clears ? {} : systemDataOf(before)), ...given(write.data) }
  return Object.keys(data).length === 0 ? null : JSON.stringify(data)
}
