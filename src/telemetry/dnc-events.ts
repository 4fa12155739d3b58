import type { RetractionEnd } from '../domain/do-not-call/retraction.ts'

/** What is told of do-not-call entries. */
export type DncEvents = {
  /** Entries that suppress from now on, or removals. */
  'dnc.accepted': {
    submissionId: string
    tenantId: string
    dncListId: string
    kind: 'add' | 'remove'
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
  /** Subjects of contacts were looked up among entries. */
  'dnc.looked_up': { subjects: number; suppressed: number; durationMs: number }
  /** Genesys took a request with entries, or refused some of it. */
  'dnc.sent': {
    submissionId: string
    tenantId: string
    dncListId: string
    entries: number
    failed: number
    attempt: number
    durationMs: number
  }
  /** A request did not go through; `action` is what becomes of it. */
  'dnc.refused': {
    submissionId: string
    dncListId: string
    failure: string
    entries: number
    attempt: number
    action: 'again' | 'halved' | 'new_key' | 'smaller' | 'failed' | 'held'
  }
  'dnc.held': { submissionId: string; tenantId: string; dncListId: string; reason: string }
  /** What Genesys counted is not what was sent. */
  'dnc.tallies_differ': { submissionId: string; dncListId: string; sent: number; counted: number }
  /** Entries found contacts that had been delivered before; they are to be taken back. */
  'dnc.delivered_before': { tenantId: string; contacts: number }
  /** What became of contacts that were delivered before an entry named them. */
  'dnc.retracted': {
    submissionId: string
    contactListId: string
    contacts: number
    outcome: RetractionEnd
    attempt: number
    durationMs: number
  }
  /** Genesys did not take a contact back; it is tried again. */
  'dnc.not_retracted': {
    submissionId: string
    contactListId: string
    failure: string
    attempt: number
    retryInMs: number
  }
  /**
   * A list was exported: so many of its lines were not known here, and so many entries of ours were
   * not in it.
   */
  'dnc.pulled': {
    submissionId: string
    dncListId: string
    read: number
    added: number
    missing: number
    durationMs: number
  }
  /** A pull came to nothing and begins again later. */
  'dnc.pull_failed': { submissionId: string; dncListId: string; failure: string }
  /**
   * The subjects of what was delivered before registers had them; `unfilled` contacts can be found
   * by no entry, because no chunk of theirs is left.
   */
  'register.filled': { contacts: number; unfilled: number }
  /**
   * The law of these countries wants consent before a call, and CONSENT_REQUIRED_COUNTRIES does not
   * name them.
   */
  'consent.not_required': { countries: string }
  /** An edition of a registry was received; `rejected` lines were no numbers. */
  'registry.edition_accepted': {
    editionId: string
    registry: string
    requestId: string
    change: string
    lines: number
    numbers: number
    rejected: number
    bytes: number
    durationMs: number
  }
  /** An edition came into force, or did not: then `fault` says why. */
  'registry.switched': {
    editionId: string
    registry: string
    numbers: number
    state: string
    fault: string | null
  }
  /**
   * Contacts that were delivered before a new edition named them; `added`: numbers that are new in
   * it, null until all are compared.
   */
  'registry.looked_back': {
    editionId: string
    registry: string
    added: number | null
    found: number
    done: boolean
  }
  /** Contacts of an upload that were settled while an edition came into force. */
  'registry.looked_for_late': { uploadId: string; found: number }
}

export const DNC_EVENT_LEVELS = {
  'dnc.accepted': 'info',
  'dnc.looked_up': 'debug',
  'dnc.sent': 'info',
  'dnc.refused': 'warn',
  'dnc.held': 'warn',
  'dnc.tallies_differ': 'warn',
  'dnc.delivered_before': 'info',
  'dnc.retracted': 'info',
  'dnc.not_retracted': 'warn',
  'dnc.pulled': 'info',
  'dnc.pull_failed': 'warn',
  'register.filled': 'info',
  'consent.not_required': 'warn',
  'registry.edition_accepted': 'info',
  'registry.switched': 'info',
  'registry.looked_back': 'info',
  'registry.looked_for_late': 'info',
} as const
