import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own that can be filled. */
export type SmallDisk = {
  directory: string
  /** Leaves so many bytes free. */
  fill(leftBytes: number): void
  makeRoom(): void
  close(): void
}

/** A tmpfs of `mebibytes`; a string says why there can be none here: mounting is for root. */
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
