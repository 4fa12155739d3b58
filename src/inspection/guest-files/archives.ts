import type { Readable } from 'node:stream'

import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl'

import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import {
  entryNameFault,
  hasOleContent,
  isDocumentPart,
  isOtherArchive,
  isPackedByName,
  listsMacros,
  OLE_START,
  PARTS_LIST,
} from './archive-entry.ts'
import { hiddenFileIn, holdsScript, isProgram } from './hidden-file.ts'

/**
 * [contracts: 3]. A document has a part for every page and picture, so that it may have more than
 * the archive around it.
 */
const MAX_ENTRIES = 100
const MAX_DOCUMENT_PARTS = 2_000
/**
 * The scanner looks at no more of a file: what unfolds beyond it passes unseen, measured with clamd
 * 1.4.6 [next-anchors: 4].
 */
const MAX_UNFOLDED_BYTES = 25 * 1024 * 1024
const MAX_RATIO = 100
/** Small files are often regular (a text of one line repeated) and harm nobody. */
const RATIO_FROM_BYTES = 1024 * 1024

const HEAD_BYTES = 4096

class Refused extends Error {}

const refuse = (detail: string): never => {
  throw new Refused(detail)
}

export type ArchiveDeps = {
  /** Checks a PDF in an archive like a separate one. null: it has no fault. */
  pdfFault: (bytes: Buffer) => Promise<FileFault | null>
}

/** Counts what comes out over the archive and the documents in it. */
type Budget = { unfoldedBytes: number; packedBytes: number }

/**
 * The fault of an archive. null if the directory is honest, nothing in the archive runs, and it
 * unfolds to at most 25 MiB, counted while unfolding and not by the archive's own figures. Office
 * documents are inspected. An archive inside any other archive is refused.
 */
export const archiveFault = async (bytes: Buffer, deps: ArchiveDeps): Promise<FileFault | null> => {
  try {
    await lookInto(bytes, deps, { unfoldedBytes: 0, packedBytes: bytes.length }, false)
    return null
  } catch (error) {
    if (error instanceof Refused) return fileFault('archive-refused', error.message)
    // The library's own words would quote names of entries.
    return fileFault(
      'archive-refused',
      'The archive is damaged, or its directory contradicts its content.',
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
    refuse('The archive holds another archive.')
  }
  const ends: number[] = []
  const ordered = entries.toSorted(
    (a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  )
  for (const entry of ordered) ends.push(await entryEnd(zip, entry))
  checkGaps(bytes, ordered, ends)
  for (const entry of entries) await lookAt(zip, entry, deps, budget, inside)
}

/**
 * Where the data of an entry ends. Refuses an entry whose own header differs from the directory.
 */
const entryEnd = async (zip: ZipFile, entry: Entry): Promise<number> => {
  const fault = entryNameFault(entry.fileName)
  if (fault !== null) refuse(fault)
  if (entry.isEncrypted() || (entry.generalPurposeBitFlag & 0x2041) !== 0)
    refuse('The archive is encrypted.')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    refuse('An entry is compressed in a way that cannot be inspected.')
  }
  const header = await zip.readLocalFileHeaderPromise(entry)
  if (
    !header.fileName.equals(entry.fileNameRaw) ||
    header.compressionMethod !== entry.compressionMethod ||
    (header.generalPurposeBitFlag & 0x41) !== 0
  ) {
    refuse('An entry contradicts the directory of the archive.')
  }
  return header.fileDataStart + entry.compressedSize
}

/**
 * Entries must be side by side: overlapping ones unfold twice, and what is between them is in no
 * directory.
 */
const checkGaps = (bytes: Buffer, ordered: readonly Entry[], ends: readonly number[]): void => {
  let from = 0
  for (const [index, { relativeOffsetOfLocalHeader: start }] of ordered.entries()) {
    if (start < from) refuse('Entries of the archive overlap.')
    if (hiddenFileIn(bytes.subarray(from, start)) !== null)
      refuse('The archive hides a file between its entries.')
    from = ends[index]!
  }
  const directory = bytes.indexOf('PK\x01\x02', from, 'latin1')
  if (hiddenFileIn(bytes.subarray(from, Math.max(from, directory))) !== null) {
    refuse('The archive hides a file before its directory.')
  }
}

const SCRIPTED = /\.(?:html?|xhtml|shtml|mht(?:ml)?|svg)$/iu

const lookAt = async (
  zip: ZipFile,
  entry: Entry,
  deps: ArchiveDeps,
  budget: Budget,
  inside: boolean,
): Promise<void> => {
  if (entry.fileName.endsWith('/')) {
    if (entry.uncompressedSize > 0) refuse('A folder of the archive has content.')
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
    // Given back now: entries of many archives would wait for the garbage collection. Of an archive
    // in it somebody may still read.
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
  if (content.subarray(0, HEAD_BYTES).includes('%PDF-')) {
    const fault = await deps.pdfFault(content)
    if (fault !== null) refuse(`A PDF in the archive: ${fault.detail}`)
  }
  if (!isZip(content)) return
  if (inside) refuse('The archive holds an archive in an archive.')
  await lookInto(content, deps, budget, true)
}

const isZip = (content: Buffer): boolean => content.toString('latin1', 0, 4) === 'PK\x03\x04'

const refuseContent = (name: string, content: Buffer): void => {
  if (isProgram(content)) refuse('The archive has a program or a script.')
  if (isOtherArchive(content) || (!isZip(content) && isPackedByName(name))) {
    refuse('The archive holds another archive.')
  }
  if (content.subarray(0, 8).equals(OLE_START) && hasOleContent(content)) {
    refuse('A document in the archive has macros or programs.')
  }
  if (name.toLowerCase() === PARTS_LIST.toLowerCase() && listsMacros(content)) {
    refuse('A document in the archive has macros.')
  }
  if (SCRIPTED.test(name) && holdsScript(content)) refuse('The archive has a page with a script.')
}

/**
 * Reads an entry and counts; ends at the limit, whatever the directory says. The library refuses an
 * entry that has more or less than is said.
 */
const unfold = async (
  stream: Readable,
  saidBytes: number,
  budget: Budget,
): Promise<Buffer<ArrayBuffer>> => {
  // One room, of which only what is filled takes memory.
  const room = Buffer.allocUnsafeSlow(Math.min(saidBytes, MAX_UNFOLDED_BYTES))
  let filledBytes = 0
  for await (const piece of stream as AsyncIterable<Buffer>) {
    budget.unfoldedBytes += piece.length
    if (budget.unfoldedBytes > MAX_UNFOLDED_BYTES) {
      refuse(`The archive unfolds to more than ${MAX_UNFOLDED_BYTES / 1024 / 1024} MiB.`)
    }
    if (
      budget.unfoldedBytes > RATIO_FROM_BYTES &&
      budget.unfoldedBytes > MAX_RATIO * budget.packedBytes
    ) {
      refuse(`The archive unfolds to more than ${MAX_RATIO} times its size.`)
    }
    filledBytes += piece.copy(room, filledBytes)
  }
  return room.subarray(0, filledBytes)
}
