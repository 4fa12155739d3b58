import { fileTypeFromBuffer } from 'file-type'

import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import type { NamedFile } from '../../domain/guest-files/file-name.ts'
import { CONTENT_TYPES, MAX_FILE_BYTES } from '../../domain/guest-files/file-type.ts'
import type { Clock } from '../../lib/clock.ts'
import { createTurns } from '../../lib/waiting/turns.ts'
import type { InspectFile } from '../../workflows/ports/guest-files/inspect-file.ts'
import { archiveFault } from './archives.ts'
import { imageFault, isImageType } from './images.ts'
import { createPdfInspection } from './pdf.ts'
import { textFault } from './plain-text.ts'

/** Types for which the library uses another name than the gateway. */
const SAME: Record<string, string> = { 'image/apng': 'image/png' }

/**
 * Types that the library detects by a few letters with which a text may begin, as in `BMW` or `MAC
 * address`. A whole file of these types has control characters, which no text may have.
 */
const BY_LETTERS =
  /^(?:image|audio|video|model)\/|^application\/(?:vnd\.apache\.parquet|x-(?:shockwave-flash|cpio|sqlite3|blender|ft-draco))$/u

/** Whether a file with the name of a text is one. `found`: as `sniffed` returns it. */
const isText = (found: string | null, bytes: Buffer): boolean =>
  found === null ||
  found === 'application/xml' ||
  (BY_LETTERS.test(found) && textFault(bytes) === null)

/**
 * The type of the content, detected from its first bytes. null: the content has no known signature.
 * Of plain texts, only XML has a signature.
 */
const sniffed = async (bytes: Buffer): Promise<string | null> => {
  // Office documents are zips too. The inspection of archives checks what is inside.
  if (
    bytes.toString('latin1', 0, 4) === 'PK\x03\x04' ||
    bytes.toString('latin1', 0, 4) === 'PK\x05\x06'
  ) {
    return 'application/zip'
  }
  const mime = (await fileTypeFromBuffer(bytes).catch(() => undefined))?.mime ?? null
  return mime === null ? null : (SAME[mime] ?? mime)
}

/**
 * Creates the inspection of files by their content. It inspects at most `atOnce` files at a time,
 * because each file is completely in memory. `close` ends the thread that reads PDFs.
 */
export const createInspection = ({
  clock,
  atOnce,
}: {
  clock: Clock
  atOnce: number
}): { inspectFile: InspectFile; close(): Promise<void> } => {
  const pdf = createPdfInspection({ clock })
  const inRoom = createRooms(atOnce)
  const judge = async (bytes: Buffer, { extension }: NamedFile): Promise<FileFault | null> => {
    const contentType = CONTENT_TYPES[extension]
    const found = await sniffed(bytes)
    if (contentType === 'text/plain' && isText(found, bytes)) return textFault(bytes)
    if (found !== contentType) {
      const detail = `The name says that the file is ${contentType}, but its content is something else.`
      return fileFault('file-type-mismatch', detail)
    }
    if (isImageType(contentType)) return imageFault(contentType, bytes)
    return contentType === 'application/pdf'
      ? pdf.fault(bytes)
      : archiveFault(bytes, { pdfFault: pdf.fault })
  }
  return {
    inspectFile: async (named, sizeBytes, read) => {
      if (sizeBytes === 0) return fileFault('file-empty', 'The file has no bytes.')
      if (sizeBytes > MAX_FILE_BYTES) {
        return fileFault('file-too-large', 'The file is larger than 10 MiB.')
      }
      return inRoom(async (room) => {
        const bytes = room.subarray(0, sizeBytes)
        await read(bytes)
        return judge(bytes, named)
      })
    },
    close: pdf.close,
  }
}

/**
 * Runs at most `atOnce` pieces of work at a time, and lends each of them a buffer that has room for
 * one file. Later work uses these buffers again. With a separate buffer for each file, 200 waiting
 * files would leave 10 MB each to the garbage collection. The buffers are released when no work is
 * left.
 */
const createRooms = (atOnce: number) => {
  const turn = createTurns(atOnce)
  const rooms: Buffer[] = []
  let asked = 0
  return async <T>(work: (room: Buffer) => Promise<T>): Promise<T> => {
    asked += 1
    try {
      return await turn(async () => {
        const room = rooms.pop() ?? Buffer.allocUnsafeSlow(MAX_FILE_BYTES)
        try {
          return await work(room)
        } finally {
          rooms.push(room)
        }
      })
    } finally {
      asked -= 1
      if (asked === 0) rooms.length = 0
    }
  }
}
