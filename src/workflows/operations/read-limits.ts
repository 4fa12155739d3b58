import { NO_QUOTAS, NO_USE, type Quotas, type TenantUse } from '../../domain/access/quotas.ts'
import type { DialectLimits } from '../../domain/contact-lists/contact-list.ts'
import type { TenantStore } from '../ports/access/tenants.ts'

/**
 * The limits in force for a caller. null: no limit. `fileThresholdRows` null: the number of rows
 * never makes an upload go to Genesys as a file. Sizes in bytes, paces in requests a minute.
 */
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
  /** The quotas of the caller's tenant. They limit the tenant's use of all instances together. */
  quotas: Quotas
  use: TenantUse
}

/** `tenantId`: the tenant of the caller. */
export type ReadLimits = (tenantId: string) => Promise<LimitsInForce>

export type ReadLimitsDeps = {
  dialect: 'guide' | 'platform'
  limits: DialectLimits
  upload: { maxBytes: number; maxRows: number; maxRecordBytes: number }
  /**
   * Guide, with `delivery=auto`: an upload with more accepted rows than this is sent as files if
   * the list has a column for the contact id.
   */
  fileThresholdRows: number
  pace: () => Promise<{ configuredPerMinute: number; requestsPerMinute: number }>
  tenants: Pick<TenantStore, 'find'>
}

/** Must agree with docs/retention.md. */
const IDEMPOTENCY_KEYS_KEPT_DAYS = 7

/**
 * The limits for the caller's files, rows and pace, as they are now. Pace and use count all
 * instances together.
 */
export const createReadLimits =
  (deps: ReadLimitsDeps): ReadLimits =>
  async (tenantId) => {
    const { dialect, limits, upload } = deps
    const [pace, tenant] = await Promise.all([deps.pace(), deps.tenants.find(tenantId)])
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
      quotas: tenant?.quotas ?? NO_QUOTAS,
      use: tenant?.use ?? NO_USE,
    }
  }
