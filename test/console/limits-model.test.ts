import assert from 'node:assert/strict'
import { test } from 'node:test'

import { limitsModel } from '../../src/console/limits/limits-model.ts'
import { ENGLISH } from '../../src/console/texts/texts.ts'
import type { LimitsInForce } from '../../src/workflows/operations/read-limits.ts'

const LIMITS: LimitsInForce = {
  dialect: 'guide',
  upload: { maxBytes: 1, maxRows: 1, maxRecordBytes: 1, fileThresholdRows: 50_000 },
  contactList: { maxColumns: null, maxHeaderCharacters: null, maxCellCharacters: null },
  batch: { maxRows: 1, maxBytes: 1 },
  pace: { configuredPerMinute: 300, inForcePerMinute: 300 },
  idempotencyKeys: { keptDays: 7 },
  quotas: { rowsPerDay: null, openUploads: null, requestsPerMinute: null },
  use: { rowsToday: 0, openUploads: 0, requestsThisMinute: 0 },
}

const thresholdOf = (fileThresholdRows: number | null): string | undefined =>
  limitsModel({ ...LIMITS, upload: { ...LIMITS.upload, fileThresholdRows } }, 1)
    .groups.flatMap(({ lines }) => lines)
    .find(({ label }) => label === ENGLISH.limits.fileThreshold)?.value

test('where rows never decide whether an upload goes as files, the page does not call that no limit', () => {
  assert.equal(thresholdOf(50_000), '50,000')
  assert.equal(thresholdOf(null), ENGLISH.limits.neverByRows)
})
