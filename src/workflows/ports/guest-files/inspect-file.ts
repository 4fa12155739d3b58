import type { FileFault } from '../../../domain/guest-files/file-fault.ts'
import type { NamedFile } from '../../../domain/guest-files/file-name.ts'

/**
 * What is wrong with a file by its content; null: it is what its name says, whole, and nothing in it runs. `read` is called once, when it is
 * this file's turn, so that only a few files are in memory at a time. Throws only what `read` throws.
 */
export type InspectFile = (
  named: NamedFile,
  sizeBytes: number,
  read: () => Promise<Buffer>,
) => Promise<FileFault | null>
