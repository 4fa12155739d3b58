/**
 * For each state of a guest file, the states that may follow it [contracts: 3]. `ends`: the gateway
 * sends nothing more for the file. A stored file may still become `quarantined`, because Genesys
 * scans it afterwards.
 */
export const GUEST_FILE_STATES = {
  receiving: { next: ['scanning'], ends: false },
  scanning: { next: ['uploading', 'rejected', 'failed'], ends: false },
  uploading: { next: ['confirming', 'held', 'rejected', 'failed'], ends: false },
  confirming: {
    next: ['stored', 'uploading', 'held', 'rejected', 'quarantined', 'failed'],
    ends: false,
  },
  held: {
    next: ['uploading', 'confirming', 'rejected', 'failed', 'stored', 'quarantined'],
    ends: false,
  },
  stored: { next: ['quarantined'], ends: true },
  rejected: { next: [], ends: true },
  quarantined: { next: [], ends: true },
  failed: { next: [], ends: true },
} as const satisfies Record<string, { next: readonly string[]; ends: boolean }>

export type GuestFileState = keyof typeof GUEST_FILE_STATES
/** The states that callers see. Callers do not see a file that is being received. */
export type SeenGuestFileState = Exclude<GuestFileState, 'receiving'>
export const SEEN_GUEST_FILE_STATES = Object.keys(GUEST_FILE_STATES).filter(
  (state) => state !== 'receiving',
) as [SeenGuestFileState, ...SeenGuestFileState[]]

/**
 * Whether the state `to` may follow `from`. Also true if both are the same, because a step may
 * leave the state as it is.
 */
export const canMove = (from: GuestFileState, to: GuestFileState): boolean =>
  from === to || (GUEST_FILE_STATES[from].next as readonly string[]).includes(to)

/**
 * The only reason for a hold. The hold ends by itself. While Genesys does not answer, the file does
 * not become `failed`.
 */
export const GUEST_FILE_HOLD_REASONS = ['genesys_unavailable'] as const
type GuestFileHoldReason = (typeof GUEST_FILE_HOLD_REASONS)[number]

/** The verdicts of the gateway's scanner. `unavailable`: the scanner gave none. */
export const SCAN_VERDICTS = ['clean', 'infected', 'not-configured', 'unavailable'] as const
export type ScanVerdict = (typeof SCAN_VERDICTS)[number]

/**
 * The verdicts of Genesys' own scan [guide-api: Guest files]. If Genesys reports nothing, or words
 * that the gateway does not know, the verdict is `pending` and never `passed`.
 */
export const VIRUS_SCANS = ['pending', 'passed', 'failed', 'infected'] as const
export type VirusScan = (typeof VIRUS_SCANS)[number]
/**
 * Whether the gateway quarantines the file. It does so for malware, and also if the scan failed.
 */
export const isBad = (virusScan: VirusScan): boolean =>
  virusScan === 'failed' || virusScan === 'infected'

/** The states of a file in Genesys. If Genesys reports none of these, the gateway stores null. */
export const GENESYS_FILE_STATUSES = ['pending', 'uploaded', 'completed'] as const
export type GenesysFileStatus = (typeof GENESYS_FILE_STATUSES)[number]

/** Where a file goes: to a person, or to the people in a live conversation. */
export type GuestFileTarget =
  | { kind: 'external_contact'; externalContactId: string }
  | { kind: 'conversation'; conversationId: string; communicationId: string }

/** To send a file to the target, a tenant needs a grant for this id. */
export const grantedObjectOf = (target: GuestFileTarget): string =>
  target.kind === 'conversation' ? target.conversationId : target.externalContactId

export type GuestFileProgress = {
  /** The state in which the work resumes after a hold. */
  resume: 'uploading' | 'confirming'
  /** How many pre-signed URLs were requested. */
  urls: number
  /** When the URL in use was requested. */
  urlAskedAt: string | null
  /**
   * true: the URL in use must not be used again. Genesys refused this URL, or the bytes that are
   * stored there are not the bytes of the file.
   */
  renew: boolean
  /**
   * The earliest time at which a confirmation may have reached Genesys. Before the gateway sends
   * another confirmation, it checks whether Genesys received the earlier one. null: no confirmation
   * was sent for the URL in use, or the confirmation certainly had no effect.
   */
  confirmAskedAt: string | null
  /**
   * How often the gateway has checked, without a result, for the verdict of the scanner, the
   * outcome of the confirmation, or the verdict of Genesys' scan.
   */
  looks: number
}

export const FIRST_PROGRESS: GuestFileProgress = {
  resume: 'uploading',
  urls: 0,
  urlAskedAt: null,
  renew: false,
  confirmAskedAt: null,
  looks: 0,
}

export type GuestFile = {
  id: string
  tenantId: string
  target: GuestFileTarget
  state: GuestFileState
  hold: { reason: GuestFileHoldReason; since: string } | null
  fileName: string
  contentType: string
  sizeBytes: number
  sha256: string
  md5: string
  scan: { verdict: ScanVerdict | null; engine: string | null; at: string | null }
  genesys: { fileId: string | null; status: GenesysFileStatus | null; virusScan: VirusScan }
  progress: GuestFileProgress
  /** The time from the 202 until Genesys confirmed the file, in milliseconds. */
  latencyMs: number | null
  problem: { code: string; detail: string } | null
  actor: string
  requestId: string
  createdAt: string
  updatedAt: string
  storedAt: string | null
  version: number
}

const placeOf = (target: GuestFileTarget) =>
  target.kind === 'conversation'
    ? { externalContactId: null, conversationId: target.conversationId }
    : { externalContactId: target.externalContactId, conversationId: null }

/** What endpoints receive about a guest file [contracts: 3]. */
export const guestFileEventOf = (file: GuestFile) => ({
  guestFileId: file.id,
  fileId: file.genesys.fileId,
  ...placeOf(file.target),
  fileName: file.fileName,
  sizeBytes: file.sizeBytes,
  contentType: file.contentType,
  sha256: file.sha256,
  latencyMs: file.latencyMs,
  virusScanStatus: file.genesys.virusScan,
  state: file.state,
  problem: file.problem,
  version: file.version,
})
