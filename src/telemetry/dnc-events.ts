/** What is told of do-not-call entries. */
export type DncEvents = {
  /** Entries that suppress from now on. */
  'dnc.accepted': {
    submissionId: string
    tenantId: string
    dncListId: string
    requestId: string
    read: number
    accepted: number
    rejected: number
    quarantined: number
    duplicates: number
    blank: number
    rejections: Record<string, number>
    bytes: number
    durationMs: number
  }
}

export const DNC_EVENT_LEVELS = {
  'dnc.accepted': 'info',
} as const
