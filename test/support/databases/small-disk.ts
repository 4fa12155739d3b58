import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A separate file system that can be filled. */
export type SmallDisk = {
  directory: string
  /** Fills the disk until only this many bytes are free. */
  fill(leftBytes: number): void
  makeRoom(): void
  close(): void
}

/** Mounts a tmpfs of `mebibytes`. A string: why that is impossible here. Mounting needs root. */
export const mountSmallDisk = (mebibytes: number): SmallDisk | string => {
  const directory = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory], {
      stdio: 'pipe',
    })
  } catch {
    rmSync(directory, { recursive: true })
    return 'a file system cannot be mounted here (needs root)'
  }
  const ballast = join(directory, 'ballast')
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  }
  return {
    directory,
    fill: (leftBytes) => writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes() - leftBytes))),
    makeRoom: () => rmSync(ballast, { force: true }),
    close: () => {
      execFileSync('umount', ['--lazy', directory])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
