import type { FileFault } from '../../../domain/guest-files/file-fault.ts'
import type { NamedFile } from '../../../domain/guest-files/file-name.ts'

/**
 * Finds what is wrong with a file's content. null: the content matches the file's name, is
 * complete, and has no active parts. `read` is called once, and only when it is this file's turn,
 * so that only a few files are in memory at a time. `read` gets a buffer of `sizeBytes` and must
 * fill it. Throws only what `read` throws.
 */
export type InspectFile = (
  named: NamedFile,
  sizeBytes: number,
  read: (room: Buffer) => Promise<void>,
) => Promise<FileFault | null>
