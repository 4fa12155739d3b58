import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { Config } from '../config.ts'
import { StoreUnavailable } from '../domain/problems/store-unavailable.ts'
import { warmUpParser } from '../genesys/calls/parser-warm-up.ts'
import type { BuildContactSteps } from '../intake/rows/contact-steps.ts'
import { warmUp, type WarmUpDeps } from '../intake/warm-up.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createChunkWriter } from '../workflows/uploads/receive/chunk-writer.ts'
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

/**
 * Collects the garbage of the whole heap, which takes some tens of milliseconds. V8 then lets the
 * heap grow in proportion to what is really in use.
 */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Otherwise, each later thread and context would have the function too.
  setFlagsFromString('--no-expose-gc')
  collect()
}

/**
 * How often V8 (13.6) calls a function before TurboFan compiles it. `node --v8-options` shows the
 * default.
 */
export const CALLS_BEFORE_TURBOFAN = 3_000
const CALLS_WHILE_WARMING_UP = 300

const compileAfter = (calls: number): void =>
  setFlagsFromString(`--invocation-count-for-turbofan=${calls}`)

/**
 * Stores the chunks of a made-up file as those of an upload, and then deletes them. If the database
 * is full or takes no writes, the gateway must start all the same, so the rows are only read.
 */
const inRehearsal =
  ({ store, owner }: Essentials): NonNullable<WarmUpDeps['inUpload']> =>
  async (read) => {
    const id = createIds({ clock: systemClock }).newId('upl')
    try {
      await store.uploads.rehearse({ id, owner }, async (append) => {
        const writer = createChunkWriter(append)
        try {
          await read(writer.write)
          await writer.flush()
        } finally {
          await writer.settled()
        }
      })
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await read(async () => undefined)
    }
  }

/**
 * Warms up with the steps of the routes, because V8 compiles steps made elsewhere separately. Then
 * collects the garbage of the start. Otherwise, the first file would pay for it.
 */
export const warmUpWith = async (
  essentials: Essentials,
  steps: BuildContactSteps,
): Promise<void> => {
  const { limits } = essentials.genesys.contactLists
  const { warmUpRows } = essentials.config.intake
  if (warmUpRows === 0) return
  compileAfter(CALLS_WHILE_WARMING_UP)
  // A failure costs only speed, so it does not stop the start.
  const parser = warmUpParser().catch(() => undefined)
  const { contentHashes: use } = essentials
  // V8 does not compile a server, and a rehearsal there would count for quotas.
  const isEmbedded = essentials.config.home.kind === 'embedded'
  const stored = isEmbedded ? { inUpload: inRehearsal(essentials) } : {}
  await warmUp({ intake: intakeOf(essentials), limits, steps, use, ...stored }, warmUpRows)
  await parser
  compileAfter(CALLS_BEFORE_TURBOFAN)
  collectGarbage()
}
