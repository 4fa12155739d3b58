import type { LimitsInForce } from '../../workflows/operations/read-limits.ts'
import { quotaLines } from '../access/tenant-model.ts'
import { shownBytes } from '../frame/words.ts'
import { ENGLISH, fill, shownCount } from '../texts/texts.ts'

const { limits: words } = ENGLISH

const counted = (count: number | null): string =>
  count === null ? words.noLimit : shownCount(count)

const line = (label: string, value: string) => ({ label, value })

/** The limits that apply to the viewer. `keyCallsPerMinute`: for one key, at one instance. */
export const limitsModel = (limits: LimitsInForce, keyCallsPerMinute: number) => {
  const { upload, contactList, batch, pace } = limits
  const { configuredPerMinute, inForcePerMinute } = pace
  return {
    quotas: quotaLines(limits),
    groups: [
      {
        heading: words.files,
        lines: [
          line(words.fileSize, shownBytes(upload.maxBytes)),
          line(words.fileRows, counted(upload.maxRows)),
          line(words.recordSize, shownBytes(upload.maxRecordBytes)),
          line(
            words.fileThreshold,
            upload.fileThresholdRows === null
              ? words.neverByRows
              : shownCount(upload.fileThresholdRows),
          ),
        ],
      },
      {
        heading: fill(words.genesys, { dialect: limits.dialect }),
        lines: [
          line(words.columns, counted(contactList.maxColumns)),
          line(words.header, counted(contactList.maxHeaderCharacters)),
          line(words.cell, counted(contactList.maxCellCharacters)),
          line(words.batchRows, counted(batch.maxRows)),
          line(words.batchSize, shownBytes(batch.maxBytes)),
          line(
            words.pace,
            inForcePerMinute === configuredPerMinute
              ? counted(configuredPerMinute)
              : fill(words.reduced, { limit: inForcePerMinute, configured: configuredPerMinute }),
          ),
        ],
      },
      {
        heading: words.calls,
        lines: [
          line(words.keyCalls, counted(keyCallsPerMinute)),
          line(words.idempotency, fill(words.days, { count: limits.idempotencyKeys.keptDays })),
        ],
      },
    ],
  }
}
