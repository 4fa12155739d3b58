import type { Readable } from 'node:stream'

import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl'

import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import {
  entryNamesFault,
  hasOleContent,
  isDocumentPart,
  isOtherArchive,
  isPackedByName,
  listsMacros,
  OLE_START,
  PARTS_LIST,
} from './archive-entry.ts'
import { hiddenFileIn, isProgram } from './hidden-file.ts'
import { isScriptedPage } from './scripted-page.ts'
import { directoryOf } from './zip-directory.ts'

/**
 * The most entries of an archive, as set by [contracts: 3]. A document in the archive may have more
 * entries (`MAX_DOCUMENT_PARTS`), because every page and picture of the document is an entry.
 */
const MAX_ENTRIES = 100
const MAX_DOCUMENT_PARTS = 2_000
/**
 * The most bytes that an archive may unpack to. The scanner does not check content beyond this
 * size, so it would miss a virus there. Measured with clamd 1.4.6 [next-anchors: 4].
 */
const MAX_UNFOLDED_BYTES = 25 * 1024 * 1024
const MAX_RATIO = 100
/**
 * Up to this unpacked size, the ratio is not checked. Small files with a repeated line have a high
 * ratio and do no harm.
 */
const RATIO_FROM_BYTES = 1024 * 1024

const HEAD_BYTES = 4096

class Refused extends Error {}

const refuse = (detail: string): never => {
  throw new Refused(detail)
}

export type ArchiveDeps = {
  /**
   * Checks a PDF in an archive in the same way as a PDF that is sent directly. null: it has no
   * fault.
   */
  pdfFault: (bytes: Buffer) => Promise<FileFault | null>
}

/**
 * `unfoldedBytes`: how many bytes were unpacked so far, from the archive and the documents in it
 * together. `packedBytes`: the size of the archive.
 */
type Budget = { unfoldedBytes: number; packedBytes: number }

/**
 * Finds the fault of an archive. null: none was found. The directory then agrees with the content,
 * no entry was recognised as a program, a script or a document with macros, and the archive unpacks
 * within the limits above. The bytes are counted while unpacking, because the archive may state
 * false sizes. Documents in the archive are inspected too. Any other archive in it is a fault.
 */
export const archiveFault = async (bytes: Buffer, deps: ArchiveDeps): Promise<FileFault | null> => {
  try {
    await lookInto(bytes, deps, { unfoldedBytes: 0, packedBytes: bytes.length }, false)
    return null
  } catch (error) {
    if (error instanceof Refused) return fileFault('archive-refused', error.message)
    // The library's message may quote the name of an entry. The gateway therefore does not pass on
    // the message.
    return fileFault(
      'archive-refused',
      'The archive is damaged, or its directory (the list of its files) does not match its content.',
    )
  }
}

const lookInto = async (
  bytes: Buffer,
  deps: ArchiveDeps,
  budget: Budget,
  inside: boolean,
): Promise<void> => {
  const zip = await fromBufferPromise(bytes, {
    lazyEntries: true,
    strictFileNames: false,
    validateEntrySizes: true,
  })
  const most = inside ? MAX_DOCUMENT_PARTS : MAX_ENTRIES
  if (zip.entryCount > most) refuse(`The archive has more than ${most} entries.`)
  if (zip.entryCount === 0) refuse('The archive is empty.')
  const entries: Entry[] = []
  for await (const entry of zip.eachEntry()) entries.push(entry)
  if (inside && !entries.some(({ fileName }) => isDocumentPart(fileName))) {
    refuse('The archive contains another archive.')
  }
  const ends: number[] = []
  const ordered = entries.toSorted(
    (a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  )
  for (const entry of ordered) ends.push(await entryEnd(zip, entry))
  checkGaps(bytes, ordered, ends)
  for (const entry of entries) await lookAt(zip, entry, deps, budget, inside)
}

/** The type of a file in the mode of Unix, in the upper half of the attributes. */
const FILE_TYPE = 0o170_000
const LINK = 0o120_000

/**
 * Whether the entry is a symbolic link. A link may lead out of the target folder, and the next
 * entry may be unpacked through the link.
 */
const isLink = ({ externalFileAttributes }: Entry): boolean =>
  ((externalFileAttributes >>> 16) & FILE_TYPE) === LINK

/**
 * The end of an entry's data. Refuses an entry that is a link, is encrypted, is compressed with an
 * unusual method, has a fault in its names, or has a header that contradicts the directory.
 */
const entryEnd = async (zip: ZipFile, entry: Entry): Promise<number> => {
  if (entry.isEncrypted() || (entry.generalPurposeBitFlag & 0x2041) !== 0)
    refuse('The archive is encrypted.')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    refuse('An entry is compressed in a way that cannot be inspected.')
  }
  if (isLink(entry)) refuse('The archive has a link.')
  const header = await zip.readLocalFileHeaderPromise(entry)
  const extraFields = [entry.extraFieldRaw, header.extraField]
  const fault = entryNamesFault(entry.fileName, entry.fileNameRaw, extraFields)
  if (fault !== null) refuse(fault)
  if (
    !header.fileName.equals(entry.fileNameRaw) ||
    header.compressionMethod !== entry.compressionMethod ||
    (header.generalPurposeBitFlag & 0x41) !== 0
  ) {
    refuse('An entry does not match the directory of the archive.')
  }
  return header.fileDataStart + entry.compressedSize
}

/**
 * Refuses an archive whose entries overlap, because the same bytes would be unpacked twice. Also
 * refuses an archive with files hidden before or between its entries, or before or after its
 * directory, because the directory does not list these files.
 */
const checkGaps = (bytes: Buffer, ordered: readonly Entry[], ends: readonly number[]): void => {
  let from = 0
  for (const [index, { relativeOffsetOfLocalHeader: start }] of ordered.entries()) {
    if (start < from) refuse('Entries of the archive overlap.')
    if (hiddenFileIn(bytes.subarray(from, start)) !== null)
      refuse('The archive hides a file between its entries.')
    from = ends[index]!
  }
  const directory = directoryOf(bytes, ordered)
  if (directory === null || from > directory.start)
    return refuse('The directory of the archive does not match its end or its entries.')
  const spares = [
    bytes.subarray(from, directory.start),
    bytes.subarray(directory.end, directory.endRecordAt),
    bytes.subarray(directory.commentAt),
  ]
  if (spares.some((spare) => hiddenFileIn(spare) !== null)) {
    refuse('The archive hides a file before or after its directory.')
  }
}

const lookAt = async (
  zip: ZipFile,
  entry: Entry,
  deps: ArchiveDeps,
  budget: Budget,
  inside: boolean,
): Promise<void> => {
  if (entry.fileName.endsWith('/')) {
    if (entry.uncompressedSize > 0)
      refuse('An entry of the archive is a folder, but contains data.')
    return
  }
  const content = await unfold(
    await zip.openReadStreamPromise(entry),
    entry.uncompressedSize,
    budget,
  )
  try {
    await lookAtContent(entry.fileName, content, deps, budget, inside)
  } finally {
    // Frees the memory immediately. Otherwise the entries of many archives would use memory until
    // the next garbage collection. The memory of a zip is not freed, because the library may still
    // be reading it.
    if (!isZip(content)) content.buffer.transfer(0)
  }
}

const lookAtContent = async (
  name: string,
  content: Buffer,
  deps: ArchiveDeps,
  budget: Budget,
  inside: boolean,
): Promise<void> => {
  refuseContent(name, content)
  if (isScriptedPage(name, content, inside)) {
    refuse('The archive has a web page, an SVG or XML that can run scripts.')
  }
  if (content.subarray(0, HEAD_BYTES).includes('%PDF-')) {
    const fault = await deps.pdfFault(content)
    if (fault !== null) refuse(`A PDF in the archive: ${fault.detail}`)
  }
  if (!isZip(content)) return
  if (inside) refuse('A document in the archive contains another archive.')
  await lookInto(content, deps, budget, true)
}

const isZip = (content: Buffer): boolean => content.toString('latin1', 0, 4) === 'PK\x03\x04'

const refuseContent = (name: string, content: Buffer): void => {
  if (isProgram(content)) refuse('The archive has a program or a script.')
  if (isOtherArchive(content) || (!isZip(content) && isPackedByName(name))) {
    refuse('The archive contains another archive.')
  }
  if (content.subarray(0, 8).equals(OLE_START) && hasOleContent(content)) {
    refuse('A document in the archive has macros or programs.')
  }
  if (name.toLowerCase() === PARTS_LIST.toLowerCase() && listsMacros(content)) {
    refuse('A document in the archive has macros.')
  }
}

/**
 * Unpacks an entry. Stops at the limits, whatever size the directory states. The library refuses an
 * entry that is larger or smaller than stated.
 */
const unfold = async (
  stream: Readable,
  saidBytes: number,
  budget: Budget,
): Promise<Buffer<ArrayBuffer>> => {
  // Reserves the stated size, at most the limit. The operating system provides memory only for the
  // part that is written.
  const room = Buffer.allocUnsafeSlow(Math.min(saidBytes, MAX_UNFOLDED_BYTES))
  let filledBytes = 0
  for await (const piece of stream as AsyncIterable<Buffer>) {
    budget.unfoldedBytes += piece.length
    if (budget.unfoldedBytes > MAX_UNFOLDED_BYTES) {
      refuse(`The unpacked archive would be larger than ${MAX_UNFOLDED_BYTES / 1024 / 1024} MiB.`)
    }
    if (
      budget.unfoldedBytes > RATIO_FROM_BYTES &&
      budget.unfoldedBytes > MAX_RATIO * budget.packedBytes
    ) {
      refuse(
        `The unpacked archive would be more than ${MAX_RATIO} times as large as the packed archive.`,
      )
    }
    filledBytes += piece.copy(room, filledBytes)
  }
  return room.subarray(0, filledBytes)
}
