import type { FileFault } from '../../../domain/guest-files/file-fault.ts'
import type { NamedFile } from '../../../domain/guest-files/file-name.ts'

/**
 * Returns the fault of a file by its content. null if it matches its name, is complete, and has no
 * active content. `read` is called once, when it is this file's turn, so that only a few files are
 * in memory at a time; it fills the room that it is given, of `sizeBytes`. Throws only the errors
 * of `read`.
 */
export type InspectFile = (
  named: NamedFile,
  sizeBytes: number,
  read: (room: Buffer) => Promise<void>,
) => Promise<FileFault | null>
