import { fileTypeFromBuffer } from 'file-type'

import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import type { NamedFile } from '../../domain/guest-files/file-name.ts'
import { CONTENT_TYPES, MAX_FILE_BYTES } from '../../domain/guest-files/file-type.ts'
import type { Clock } from '../../lib/clock.ts'
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
  const turn = createTurns(atOnce)
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
      return turn(async () => judge(await read(), named))
    },
    close: pdf.close,
  }
}

const createTurns = (atOnce: number) => {
  let free = atOnce
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
