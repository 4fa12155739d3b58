import type { RetractionEnd } from '../domain/do-not-call/retraction.ts'

/** The events of do-not-call entries and registries. */
export type DncEvents = {
  /**
   * Entries or removals were accepted. Accepted entries, and quarantined entries too, suppress
   * their people immediately.
   */
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
  /** Subjects (phones and addresses) of contacts were looked up among entries. */
  'dnc.looked_up': { subjects: number; suppressed: number; durationMs: number }
  /** Genesys accepted a request with entries. `failed`: how many of the entries it refused. */
  'dnc.sent': {
    submissionId: string
    tenantId: string
    dncListId: string
    entries: number
    failed: number
    attempt: number
    durationMs: number
  }
  /**
   * Entries or removals of a submission got their outcome: after a request to Genesys, or without
   * one. The counts are those of this step alone.
   */
  'dnc.settled': {
    submissionId: string
    kind: 'add' | 'remove' | 'pull'
    created: number
    existing: number
    updated: number
    removed: number
    notFound: number
    failed: number
  }
  /** Genesys refused a request or did not answer. `action`: what the gateway does next. */
  'dnc.refused': {
    submissionId: string
    dncListId: string
    failure: string
    entries: number
    attempt: number
    action: 'again' | 'halved' | 'new_key' | 'smaller' | 'failed' | 'held'
  }
  'dnc.held': { submissionId: string; tenantId: string; dncListId: string; reason: string }
  /** Genesys counted more or fewer entries than the gateway sent. */
  'dnc.tallies_differ': { submissionId: string; dncListId: string; sent: number; counted: number }
  /**
   * The gateway found contacts that were delivered before an entry named them. It will retract
   * them.
   */
  'dnc.delivered_before': { tenantId: string; contacts: number }
  /** What happened to contacts that were delivered before an entry named them. */
  'dnc.retracted': {
    submissionId: string
    contactListId: string
    contacts: number
    outcome: RetractionEnd
    attempt: number
    durationMs: number
  }
  /** Genesys did not retract a contact. The gateway tries again. */
  'dnc.not_retracted': {
    submissionId: string
    contactListId: string
    failure: string
    attempt: number
    retryInMs: number
  }
  /**
   * A pull has ended. `added`: people in the export who got an entry, because the gateway had none
   * in force for them. `missing`: entries of the gateway that are not in the export.
   */
  'dnc.pulled': {
    submissionId: string
    dncListId: string
    read: number
    added: number
    missing: number
    durationMs: number
  }
  /** A pull failed. It begins again later, or when a caller resumes its submission. */
  'dnc.pull_failed': { submissionId: string; dncListId: string; failure: string }
  /**
   * The gateway added to the register the subjects of contacts that an earlier version of the
   * gateway delivered. `unfilled`: contacts that no entry can find, because the register has no
   * subjects for them.
   */
  'register.filled': { contacts: number; unfilled: number }
  /**
   * The law of these countries requires consent before a call, but CONSENT_REQUIRED_COUNTRIES does
   * not name them.
   */
  'consent.not_required': { countries: string }
  /** An edition of a registry was received. `rejected`: how many lines are no phone numbers. */
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
  /** An edition came into force, or failed to come into force. `fault`: why it failed. */
  'registry.switched': {
    editionId: string
    registry: string
    numbers: number
    state: string
    fault: string | null
  }
  /**
   * A step of the search for contacts whose numbers are in a new edition. `added`: how many numbers
   * are new in the edition. null: not all numbers are compared yet.
   */
  'registry.looked_back': {
    editionId: string
    registry: string
    added: number | null
    found: number
    done: boolean
  }
  /**
   * An upload was settled while an edition came into force. The gateway then compared the contacts
   * of the upload with that edition.
   */
  'registry.looked_for_late': { uploadId: string; found: number }
}

export const DNC_EVENT_LEVELS = {
  'dnc.accepted': 'info',
  'dnc.looked_up': 'debug',
  'dnc.sent': 'info',
  'dnc.settled': 'info',
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
