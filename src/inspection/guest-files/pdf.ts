import { Worker } from 'node:worker_threads'

import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import type { Clock } from '../../lib/clock.ts'
import { createTurns } from '../../lib/waiting/turns.ts'
import type { PdfFinding } from './pdf-worker.ts'

/** The most pages. A PDF of 10 MB with more pages is not meant for people to read. */
const MAX_PAGES = 5_000
/** The longest time for reading one PDF. The slowest harmless files took 2 s on one core. */
const TIMEOUT_MS = 15_000
const MEMORY_MB = 192
/** How long an idle thread is kept. The thread needs 60 MB of memory. */
const IDLE_MS = 10_000

type Outcome = PdfFinding | 'over'

const active = (detail: string): FileFault => fileFault('pdf-active-content', detail)

const ofFinding = (finding: Outcome): FileFault | null => {
  if (finding === 'locked') return active('The PDF needs a password, so it cannot be inspected.')
  if (finding === 'over') return active('Reading the PDF takes too long or needs too much memory.')
  if (finding === 'broken')
    return fileFault('file-type-mismatch', 'The file is a damaged PDF, or not a PDF.')
  if ('fault' in finding) return finding.fault
  if (finding.scripts) return active('The PDF has a script.')
  if (finding.embedded === 'other')
    return active('The PDF contains another file. Only XML is allowed.')
  return finding.pages > MAX_PAGES ? active(`The PDF has more than ${MAX_PAGES} pages.`) : null
}

/**
 * Creates the inspection of PDFs. `fault` returns null if the PDF opens and has no active content,
 * no embedded file except XML, and at most `MAX_PAGES` pages. A thread first checks the objects in
 * the file's bytes, and then the content that pdfjs-dist reads. If the thread needs more than 15 s
 * or 192 MB, it is ended, so that no file can block other requests.
 */
export const createPdfInspection = ({ clock }: { clock: Clock }) => {
  const reader = createReader(clock)
  return {
    fault: async (bytes: Buffer): Promise<FileFault | null> => ofFinding(await reader.read(bytes)),
    /** Ends the thread, if there is one. */
    close: reader.close,
  }
}

/**
 * Reads PDFs one after another in a single thread. Starting the thread takes 0.5 s, so the thread
 * is kept for a while after each file.
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
    // Another file may have arrived at the moment when the wait ended. The thread is then still
    // needed.
    const endUnlessUsed = (): unknown => (mine.signal.aborted ? undefined : end())
    clock.sleep(IDLE_MS, mine.signal).then(endUnlessUsed, () => undefined)
  }
  const start = (): Worker => {
    const started = startThread()
    // A thread can also end while no file is being read. A message to an ended thread gets no
    // answer.
    started.once('exit', () => {
      if (thread === started) thread = null
    })
    return started
  }
  const read = async (bytes: Buffer): Promise<Outcome> => {
    idle.abort()
    thread ??= start()
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
  // An idle thread must not keep the process alive. `found` handles errors while it waits for an
  // answer. This listener keeps any other error from ending the process.
  thread.unref()
  thread.on('error', () => undefined)
  return thread
}

const found = async (clock: Clock, thread: Worker, bytes: Buffer): Promise<Outcome> => {
  const done = new AbortController()
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  // The thread took too long, or it ended before it answered, because of its memory or an error.
  // The file therefore counts as not inspected.
  const over = (): void => resolve('over')
  // The thread gets a copy. Memory that is transferred to a thread can no longer be used here.
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
