import type { Upload } from '../../../domain/uploads/upload.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { UploadWatchStore } from '../../ports/uploads/upload-watch.ts'

/** One query a second serves all watched uploads. */
const LOOK_EVERY_MS = 1_000

type Listener = (upload: Upload) => void

export type WatchUploads = {
  /**
   * Calls `listener` with newer versions of the upload, even if another instance wrote them. Skips
   * versions that were replaced before the next query. The listener must ignore a version that it
   * has seen already. Returns a function that ends the watch.
   */
  watch(upload: Upload, listener: Listener): () => void
}

type Deps = { uploads: UploadWatchStore; clock: Clock; emit: Emit }
type Watched = Map<string, { version: number; listeners: Set<Listener> }>

const createLook = (deps: Deps, watched: Watched): (() => Promise<void>) => {
  let answered = true
  const look = async (): Promise<void> => {
    const known = new Map([...watched].map(([id, { version }]) => [id, version]))
    for (const upload of await deps.uploads.changed(known)) {
      const entry = watched.get(upload.id)
      if (!entry || upload.version <= entry.version) continue
      entry.version = upload.version
      for (const listener of entry.listeners) listener(upload)
    }
  }
  return async () => {
    try {
      await look()
      answered = true
    } catch (error) {
      // Reports only the first failure of an outage, not one failure a second.
      if (answered) {
        const name = error instanceof Error ? error.message : 'unknown'
        deps.emit('job.failed', { queue: 'upload-watch', error: name })
      }
      answered = false
    }
  }
}

/**
 * Queries once a second as long as there is a listener. If the database does not answer, the next
 * query tries again.
 */
export const createWatchUploads = (deps: Deps): WatchUploads & { stop(): Promise<void> } => {
  const watched: Watched = new Map()
  const stopped = new AbortController()
  const look = createLook(deps, watched)
  let running: Promise<void> | null = null
  const loop = async (): Promise<void> => {
    while (watched.size > 0) {
      try {
        await deps.clock.sleep(LOOK_EVERY_MS, stopped.signal)
      } catch {
        break
      }
      await look()
    }
    running = null
  }
  return {
    watch: (upload, listener) => {
      const entry = watched.get(upload.id) ?? { version: upload.version, listeners: new Set() }
      entry.listeners.add(listener)
      // The oldest version that any listener has, because one query serves all listeners. Each
      // listener skips versions that it has seen.
      entry.version = Math.min(entry.version, upload.version)
      watched.set(upload.id, entry)
      if (!stopped.signal.aborted) running ??= loop()
      return () => {
        entry.listeners.delete(listener)
        if (entry.listeners.size === 0 && watched.get(upload.id) === entry) {
          watched.delete(upload.id)
        }
      }
    },
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}
