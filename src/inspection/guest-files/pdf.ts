import { Worker } from 'node:worker_threads'

import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import type { Clock } from '../../lib/clock.ts'
import { createTurns } from '../../lib/waiting/turns.ts'
import { pdfObjectsFault } from './pdf-objects.ts'
import type { PdfFinding } from './pdf-worker.ts'

/** A file of 10 MB has no more pages that a person would read. */
const MAX_PAGES = 5_000
/** The largest honest files took 2 s on one core. */
const TIMEOUT_MS = 15_000
const MEMORY_MB = 192
/** The thread takes 60 MB while it waits for the next file. */
const IDLE_MS = 10_000

type Outcome = PdfFinding | 'over'

const active = (detail: string): FileFault => fileFault('pdf-active-content', detail)

const ofFinding = (finding: Outcome): FileFault | null => {
  if (finding === 'locked') return active('The PDF needs a password, so it cannot be inspected.')
  if (finding === 'over') return active('Reading the PDF takes too long or too much memory.')
  if (finding === 'broken')
    return fileFault('file-type-mismatch', 'The file is a damaged PDF, or not a PDF.')
  if (finding.scripts) return active('The PDF has a script.')
  if (finding.embedded === 'other')
    return active('The PDF has another file in it. Only XML is allowed.')
  return finding.pages > MAX_PAGES ? active(`The PDF has more than ${MAX_PAGES} pages.`) : null
}

/**
 * null if the PDF opens and does nothing. Checked first by its objects in the bytes, then by
 * pdfjs-dist in a separate thread, which is ended after 15 s or beyond 192 MB.
 */
export const createPdfInspection = ({ clock }: { clock: Clock }) => {
  const reader = createReader(clock)
  return {
    fault: async (bytes: Buffer): Promise<FileFault | null> =>
      pdfObjectsFault(bytes) ?? ofFinding(await reader.read(bytes)),
    /** Ends the thread. */
    close: reader.close,
  }
}

/**
 * Reads one PDF after the other in one thread, which starts in 0.5 s, and so is kept for the next
 * file for a while.
 */
const createReader = (clock: Clock) => {
  let thread: Worker | null = null
  const inTurn = createTurns(1)
  let idle = new AbortController()
  const end = async (): Promise<void> => {
    const ended = thread
    thread = null
    await ended?.terminate()
  }
  const endWhenIdle = (): void => {
    const mine = (idle = new AbortController())
    // Another file may have come in the very moment in which the wait ended.
    const endUnlessUsed = (): unknown => (mine.signal.aborted ? undefined : end())
    clock.sleep(IDLE_MS, mine.signal).then(endUnlessUsed, () => undefined)
  }
  const read = async (bytes: Buffer): Promise<Outcome> => {
    idle.abort()
    thread ??= startThread()
    const outcome = await found(clock, thread, bytes)
    if (outcome === 'over') await end()
    else endWhenIdle()
    return outcome
  }
  return {
    read: (bytes: Buffer): Promise<Outcome> => inTurn(() => read(bytes)),
    close: async (): Promise<void> => {
      idle.abort()
      await end()
    },
  }
}

const startThread = (): Worker => {
  const thread = new Worker(new URL('pdf-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    stdout: true,
    stderr: true,
  })
  // Once nobody waits for it, it keeps no process alive; a fault is met by whoever does.
  thread.unref()
  thread.on('error', () => undefined)
  return thread
}

const found = async (clock: Clock, thread: Worker, bytes: Buffer): Promise<Outcome> => {
  const done = new AbortController()
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  // Ended for its memory, or by a fault of the reader: nobody has seen what is in the file.
  const over = (): void => resolve('over')
  // Handed over, not copied once more.
  const copy = Uint8Array.from(bytes)
  thread.once('message', resolve)
  thread.once('error', over)
  thread.once('exit', over)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  thread.postMessage(copy, [copy.buffer])
  clock.sleep(TIMEOUT_MS, done.signal).then(over, over)
  try {
    return await promise
  } finally {
    done.abort()
    for (const event of ['message', 'error', 'exit']) thread.removeListener(event, over)
    thread.removeListener('message', resolve)
  }
}
