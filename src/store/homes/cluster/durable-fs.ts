import { fsyncSync, writeSync } from 'node:fs'

import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

import { endWhereBroken } from './free-space.ts'

/** The functions of Emscripten's file system that are replaced. */
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
 * NodeFS with a real fsync, because PGlite's own does nothing. If the disk fails a write or an
 * fsync, the process ends. PGlite's log writer does not notice such an error. It would loop
 * forever, ignore signals, and not recover when there is space again.
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
          // The original write reports the error again, in the form that Emscripten expects.
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
  // Without `-F`, which means "no fsync". The default wal_sync_method, fdatasync, does nothing in
  // this build.
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  ...['-c', 'wal_sync_method=fsync', '-c', 'shared_buffers=32MB', '-c', 'max_wal_size=256MB'],
  // New segments of the log are not filled with zeros first. This is just as durable, because fsync
  // also stores the length of a file.
  ...['-c', 'wal_init_zero=off', '-c', 'timezone=UTC'],
]
