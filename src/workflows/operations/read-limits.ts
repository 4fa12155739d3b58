import type { DialectLimits } from '../../domain/contact-lists/contact-list.ts'

/** What is in force for a caller; null = no limit. Sizes in bytes, paces in requests a minute. */
export type LimitsInForce = {
  dialect: 'guide' | 'platform'
  upload: {
    maxBytes: number
    maxRows: number
    maxRecordBytes: number
    fileThresholdRows: number | null
  }
  contactList: {
    maxColumns: number | null
    maxHeaderCharacters: number | null
    maxCellCharacters: number | null
  }
  batch: { maxRows: number; maxBytes: number }
  pace: { configuredPerMinute: number; inForcePerMinute: number }
  idempotencyKeys: { keptDays: number }
}

export type ReadLimits = () => Promise<LimitsInForce>

export type ReadLimitsDeps = {
  dialect: 'guide' | 'platform'
  limits: DialectLimits
  upload: { maxBytes: number; maxRows: number; maxRecordBytes: number }
  /** Accepted rows past which an upload goes as files; only the guide dialect chooses so by itself. */
  fileThresholdRows: number
  pace: () => Promise<{ configuredPerMinute: number; requestsPerMinute: number }>
}

/** docs/retention.md */
const IDEMPOTENCY_KEYS_KEPT_DAYS = 7

/** The limits that a caller's file, row and pace meet now; the pace is that of all instances. */
export const createReadLimits =
  (deps: ReadLimitsDeps): ReadLimits =>
  async () => {
    const { dialect, limits, upload } = deps
    const pace = await deps.pace()
    return {
      dialect,
      upload: {
        ...upload,
        fileThresholdRows: dialect === 'guide' ? deps.fileThresholdRows : null,
      },
      contactList: {
        maxColumns: limits.columns,
        maxHeaderCharacters: limits.headerChars,
        maxCellCharacters: limits.cellChars,
      },
      batch: { maxRows: limits.batchRows, maxBytes: limits.batchBytes },
      pace: {
        configuredPerMinute: pace.configuredPerMinute,
        inForcePerMinute: pace.requestsPerMinute,
      },
      idempotencyKeys: { keptDays: IDEMPOTENCY_KEYS_KEPT_DAYS },
    }
  }
