type ByColumn<T> = Record<string, T>

/**
 * What Genesys keeps of a contact beside its cells (SDK 262, DialerContact). Absent members are
 * those of a contact that nobody touched.
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
  /** Shown in exports alone. */
  wrapups?: ByColumn<string> | undefined
}

/** What a write says of a contact's system data: laid over what is there, or in its place. */
export type SystemWrite = { data: SystemData; clears: boolean }

const given = (data: SystemData): SystemData =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))

export const systemDataOf = (system: string | null): SystemData =>
  system === null ? {} : (JSON.parse(system) as SystemData)

/** The text to keep. null while nothing differs from what every contact has. */
export const writtenSystem = (before: string | null, write: SystemWrite | null): string | null => {
  if (write === null) return before
  const data = { ...(write.clears ? {} : systemDataOf(before)), ...given(write.data) }
  return Object.keys(data).length === 0 ? null : JSON.stringify(data)
}
