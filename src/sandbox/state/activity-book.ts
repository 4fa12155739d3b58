import { createHash } from 'node:crypto'

import type { UploadMode } from '../../domain/uploads/upload-options.ts'

/** A file of contacts that the sandbox accepted, in either dialect and by any method. */
export type FileEntry = {
  /** The job's id (guide) or the upload key (platform). */
  id: string
  listId: string
  method: 'file' | 'callback' | 'import'
  mode: UploadMode
  rows: number
  bytes: number
  sha256: string
  at: string
}

/** One POST that the sandbox sent: a completion callback, or an event for a registered webhook. */
export type PushEntry = {
  kind: 'callback' | 'event' | 'dnc-event'
  /** For a `dnc-event`: the id of the DNC list. */
  uploadId: string
  status: 'success' | 'error' | 'in_progress'
  /** The status of the answer. null: no answer has arrived. */
  answered: number | null
  at: string
}

export type PushTally = {
  /** POSTs sent, including repeated ones. */
  sent: number
  /** POSTs sent that were answered with a 2xx. */
  taken: number
  /** POSTs that the fault plan left out. */
  lost: number
  /** POSTs sent, by upload or job. 0: the fault plan left out all POSTs about the upload. */
  byUpload: Record<string, number>
  entries: PushEntry[]
}

export type Activity = {
  listsCreated: { id: string; name: string; at: string }[]
  files: FileEntry[]
  callbacks: PushTally
  events: PushTally
  dncEvents: PushTally
  /** `target` is the URL without its query, because the query may contain a capability token. */
  webhooks: { id: string; name: string; eventType: string; target: string; at: string }[]
}

/**
 * The sandbox's record of lists made, files accepted and calls sent. It holds no cell of any row.
 */
export type ActivityBook = {
  listCreated(list: { id: string; name: string }): void
  fileTaken(file: Omit<FileEntry, 'sha256' | 'bytes' | 'at'>, content: Uint8Array): void
  /** Adds an entry. The caller sets its `answered` later. */
  pushed(entry: Omit<PushEntry, 'answered' | 'at'>): PushEntry
  pushLost(kind: PushEntry['kind'], uploadId: string): void
  webhook(webhook: { id: string; name: string; eventType: string; url: URL }): void
  report(): Activity
  reset(): void
}

const createPages = () => ({
  listsCreated: [] as Activity['listsCreated'],
  files: [] as FileEntry[],
  pushes: [] as PushEntry[],
  lost: [] as { kind: PushEntry['kind']; uploadId: string }[],
  webhooks: [] as Activity['webhooks'],
})

const tallyOf = (pages: ReturnType<typeof createPages>, kind: PushEntry['kind']): PushTally => {
  const entries = pages.pushes.filter((entry) => entry.kind === kind)
  const lost = pages.lost.filter((entry) => entry.kind === kind)
  const byUpload: Record<string, number> = {}
  for (const { uploadId } of lost) byUpload[uploadId] ??= 0
  for (const { uploadId } of entries) byUpload[uploadId] = (byUpload[uploadId] ?? 0) + 1
  return {
    sent: entries.length,
    taken: entries.filter(({ answered }) => Math.floor((answered ?? 0) / 100) === 2).length,
    lost: lost.length,
    byUpload,
    entries: entries.map((entry) => ({ ...entry })),
  }
}

/** Keeps all entries in memory until `reset`. An entry gets the time of `now` when it is added. */
export const createActivityBook = (deps: { now: () => Date }): ActivityBook => {
  let pages = createPages()
  const at = (): string => deps.now().toISOString()
  return {
    listCreated: ({ id, name }) => {
      pages.listsCreated.push({ id, name, at: at() })
    },
    fileTaken: (file, content) => {
      const sha256 = createHash('sha256').update(content).digest('hex')
      pages.files.push({ ...file, bytes: content.length, sha256, at: at() })
    },
    pushed: (push) => {
      const entry = { ...push, answered: null, at: at() }
      pages.pushes.push(entry)
      return entry
    },
    pushLost: (kind, uploadId) => {
      pages.lost.push({ kind, uploadId })
    },
    webhook: ({ url, ...webhook }) => {
      pages.webhooks.push({ ...webhook, target: url.origin + url.pathname, at: at() })
    },
    report: () => ({
      listsCreated: [...pages.listsCreated],
      files: [...pages.files],
      callbacks: tallyOf(pages, 'callback'),
      events: tallyOf(pages, 'event'),
      dncEvents: tallyOf(pages, 'dnc-event'),
      webhooks: [...pages.webhooks],
    }),
    reset: () => {
      pages = createPages()
    },
  }
}
