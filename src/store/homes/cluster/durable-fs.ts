import { fsyncSync, writeSync } from 'node:fs'

import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

import { endWhereBroken } from './free-space.ts'

/** What is replaced of Emscripten's file system over Node's. */
type NodeFileSystem = {
  stream_ops: {
    fsync?: (stream: { nfd: number }) => number
    write: (
      stream: { nfd: number },
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ) => number
  }
}

/**
 * NodeFS with a real fsync: PGlite's own returns without doing anything. If the disk fails a write
 * or an fsync, the process ends. PGlite's log writer would not notice, and would loop for ever,
 * ignore signals and stay full of work when there is room again.
 */
export class DurableNodeFS extends NodeFS {
  syncs = 0

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const made = await super.init(...args)
    const before = made.emscriptenOpts.preRun
    const patch = (module: unknown): void => {
      const { NODEFS } = module as { NODEFS: NodeFileSystem }
      NODEFS.stream_ops.fsync = (stream) => {
        endWhereBroken(() => fsyncSync(stream.nfd))
        this.syncs += 1
        return 0
      }
      const { write } = NODEFS.stream_ops
      NODEFS.stream_ops.write = (stream, buffer, offset, length, position) => {
        const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length)
        try {
          return endWhereBroken(() => writeSync(stream.nfd, bytes, 0, length, position))
        } catch {
          // Told again in Emscripten's own words.
          return write(stream, buffer, offset, length, position)
        }
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
  // A new segment of the log is not filled with zeros first: as durable, for fsync writes the
  // file's length too.
  ...['-c', 'wal_init_zero=off', '-c', 'timezone=UTC'],
]
