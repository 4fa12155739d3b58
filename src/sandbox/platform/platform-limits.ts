/** The documented limits of a list [platform-api: 2.3] [platform-api: 2.4]. */
export const PLATFORM_LIMITS = {
  lists: 1000,
  columns: 50,
  headerChars: 128,
  cellChars: 512,
  contactsPerList: 1_000_000,
  nameChars: 64,
  contactsPerRequest: 1000,
  contactsPerRead: 50,
  contactsPerDelete: 250,
  listsPerUpdate: 100,
} as const
