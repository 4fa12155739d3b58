import { fsyncSync } from 'node:fs'

import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/** NodeFS whose fsync is real: PGlite's own returns without doing anything. */
export class DurableNodeFS extends NodeFS {
  syncs = 0

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const made = await super.init(...args)
    const before = made.emscriptenOpts.preRun
    const patch = (module: unknown): void => {
      const { NODEFS } = module as {
        NODEFS: { stream_ops: { fsync?: (stream: { nfd: number }) => number } }
      }
      NODEFS.stream_ops.fsync = (stream) => {
        fsyncSync(stream.nfd)
        this.syncs += 1
        return 0
      }
    }
    const earlier = Array.isArray(before) ? before : before ? [before] : []
    made.emscriptenOpts.preRun = [...earlier, patch] as NonNullable<typeof before>
    return made
  }
}

export const START_PARAMS = [
  // `-F` is "no fsync"; the default wal_sync_method, fdatasync, does nothing in this build.
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  ...['-c', 'wal_sync_method=fsync', '-c', 'shared_buffers=32MB', '-c', 'max_wal_size=256MB'],
  // A new segment of the log is not filled with zeros first: as durable, for fsync writes the file's length too.
  ...['-c', 'wal_init_zero=off', '-c', 'timezone=UTC'],
]
