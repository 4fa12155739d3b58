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

/** What the library calls a type that we know by another name. */
const SAME: Record<string, string> = { 'image/apng': 'image/png' }

/** The type of the content, by how it begins. null: of text and whatever else has no such sign. */
const sniffed = async (bytes: Buffer): Promise<string | null> => {
  // Documents are zips as well: what is in them says the inspection of archives.
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
 * Inspects files by their content, at most `atOnce` at a time, because each is in memory whole.
 * `close` ends the thread that reads PDF.
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
    if (contentType === 'text/plain' && (found === null || found === 'application/xml')) {
      return textFault(bytes)
    }
    if (found !== contentType) {
      const detail = `By its name the file is ${contentType}, but its content is something else.`
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
 * Each turn has room for a file, which goes on to the next one: 200 files that wait would otherwise
 * leave 10 MB each behind for the garbage collection. When nobody waits, the room is given up.
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
