import type { Config } from '../config.ts'
import type { BuildContactSteps } from '../intake/rows/contact-steps.ts'
import { warmUp } from '../intake/warm-up.ts'
import { systemClock } from '../lib/clock.ts'
import type { Essentials } from './essentials.ts'

/**
 * The longest record of a body (a CSV line, a JSON element). A file with a longer record is
 * malformed [design: 6].
 */
export const MAX_RECORD_BYTES = 1024 * 1024

/** What intake needs to read every file. */
export const intakeOf = ({ config: { intake }, store }: Pick<Essentials, 'config' | 'store'>) => ({
  maxBytes: intake.maxUploadBytes,
  maxRows: intake.maxUploadRows,
  maxRecordBytes: MAX_RECORD_BYTES,
  digestKey: store.digestKey,
})

/** The rules for rows and entries. */
export const rowRulesOf = ({ intake, dnc }: Config) => ({
  defaultRegion: intake.defaultRegion,
  contactIdPattern: intake.contactIdPattern,
  ...dnc,
  now: () => systemClock.now(),
})

/** Warms up with the steps of the routes, because V8 compiles steps made elsewhere separately. */
export const warmUpWith = (essentials: Essentials, steps: BuildContactSteps): Promise<void> => {
  const { limits } = essentials.genesys.contactLists
  const { warmUpRows } = essentials.config.intake
  return warmUp({ intake: intakeOf(essentials), limits, steps }, warmUpRows)
}
