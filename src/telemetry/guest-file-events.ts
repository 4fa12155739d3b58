import type { GenesysFailureKind } from '../domain/genesys/genesys-failure.ts'

/** Events of guest files. They never contain a name, a contact or a URL. */
export type GuestFileEvents = {
  'guest_file.accepted': {
    guestFileId: string
    tenantId: string
    contentType: string
    sizeBytes: number
    durationMs: number
  }
  'guest_file.refused': { tenantId: string; requestId: string; code: string }
  'guest_file.scanned': { guestFileId: string; verdict: string; durationMs: number }
  'guest_file.transferred': { guestFileId: string; sizeBytes: number; durationMs: number }
  'guest_file.url_renewed': { guestFileId: string; reason: string; urls: number }
  'guest_file.held': { guestFileId: string; tenantId: string; failure: string }
  'guest_file.ended': {
    guestFileId: string
    tenantId: string
    state: string
    /** The code of the problem, or `none`. */
    code: string
    /** The time from the 202 until Genesys had the file. null: Genesys never had it. */
    latencyMs: number | null
  }
  /**
   * Genesys has given no verdict on a stored file for a day. `failure`: the failure of the last
   * check, or `none` if Genesys answered.
   */
  'guest_file.verdict_late': {
    guestFileId: string
    tenantId: string
    failure: GenesysFailureKind | 'none'
  }
}

export const GUEST_FILE_EVENT_LEVELS = {
  'guest_file.accepted': 'info',
  'guest_file.refused': 'info',
  'guest_file.scanned': 'info',
  'guest_file.transferred': 'info',
  'guest_file.url_renewed': 'warn',
  'guest_file.held': 'warn',
  'guest_file.ended': 'info',
  'guest_file.verdict_late': 'error',
} as const
