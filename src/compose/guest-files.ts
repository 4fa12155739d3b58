import { renderGuestFile } from '../http/routes/guest-files/guest-file-view.ts'
import { createClamd } from '../inspection/guest-files/clamd.ts'
import { createInspection } from '../inspection/guest-files/inspect-file.ts'
import { createGuestFileWorker } from '../lanes/guest-file-worker.ts'
import type { ObjectWorker } from '../lanes/object-worker.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createCancelGuestFile } from '../workflows/guest-files/cancel-guest-file.ts'
import { createReceiveGuestFile } from '../workflows/guest-files/receive-guest-file.ts'
import { createSendGuestFile } from '../workflows/guest-files/send-guest-file.ts'
import { createScannerDetail } from '../workflows/operations/scanner-detail.ts'
import type { Scanner } from '../workflows/ports/guest-files/scanner.ts'
import type { Essentials } from './essentials.ts'

/**
 * How many files are inspected at the same time. Each file is completely in memory, and so is its
 * decompressed content.
 */
const INSPECTED_AT_ONCE = 2
const HOLD_RETRY_MS = 15_000

const scannerOf = ({ config }: Essentials): Scanner | null =>
  config.guestFiles.clamd === null ? null : createClamd(config.guestFiles.clamd)

/** What /readyz shows about the scanner. */
export const scannerDetailOf = (essentials: Essentials): (() => Promise<string>) =>
  createScannerDetail({ scanner: scannerOf(essentials), clock: systemClock })

/** Receives guest files and inspects them. `close` ends the thread that reads PDFs. */
export const guestFilesIn = (
  essentials: Essentials,
  worker: Pick<ObjectWorker, 'wake'>,
  signal: AbortSignal,
) => {
  const { config, store, genesys, telemetry, owner } = essentials
  const inspection = createInspection({ clock: systemClock, atOnce: INSPECTED_AT_ONCE })
  const ids = createIds({ clock: systemClock })
  const uses = {
    cancelGuestFile: createCancelGuestFile({
      files: store.guestFiles,
      emit: telemetry.emit,
      ids,
    }),
    receiveGuestFile: createReceiveGuestFile({
      files: store.guestFiles,
      access: store.access,
      idempotency: store.idempotency,
      inspectFile: inspection.inspectFile,
      takes: genesys.guestFiles.takes,
      scans: config.guestFiles.clamd !== null,
      maxBytes: config.guestFiles.maxBytes,
      renderGuestFile,
      clock: systemClock,
      ids,
      emit: telemetry.emit,
      wake: () => worker.wake(),
      ...{ owner, signal },
    }),
    guestFiles: store.guestFiles,
    guestFileMaxBytes: config.guestFiles.maxBytes,
  }
  return { uses, close: inspection.close }
}

/** The worker that sends guest files to Genesys. */
export const guestFileWorkerOf = (essentials: Essentials): ObjectWorker => {
  const { config, store, genesys, genesysTime, telemetry, owner } = essentials
  return createGuestFileWorker({
    files: store.guestFiles,
    send: createSendGuestFile({
      files: store.guestFiles,
      genesys: genesys.guestFiles,
      scanner: scannerOf(essentials),
      clock: genesysTime,
      ids: createIds({ clock: systemClock }),
      emit: telemetry.emit,
      holdRetryMs: HOLD_RETRY_MS,
    }),
    atOnce: config.guestFiles.maxConcurrent,
    clock: systemClock,
    emit: telemetry.emit,
    random: Math.random,
    owner,
    idlePollMs: 1_000,
  })
}
