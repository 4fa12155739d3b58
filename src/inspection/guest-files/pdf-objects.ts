import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import { hiddenFileIn, endsAsZip } from './hidden-file.ts'
import { holdsObjects, streamsOf, unfolded, type PdfStream } from './pdf-streams.ts'
import { hasActionText, hasActiveName, namesIn, UnreadablePdf } from './pdf-text.ts'

/**
 * The most bytes that all object streams and embedded files of one PDF may have when unpacked. A
 * harmless PDF of 10 MB needs less.
 */
const MAX_UNFOLDED_BYTES = 64 * 1024 * 1024

const active = (detail: string): FileFault => fileFault('pdf-active-content', detail)

const ACTIVE = active(
  'The PDF has active content: a script, a program, a form that sends data, or another file.',
)
const OPAQUE = active(
  'The PDF cannot be inspected, because a part of it is encrypted, damaged, too large or compressed in an unusual way.',
)
const EMBEDDED = active(
  'The PDF contains another file. A PDF may contain only XML files (as in an electronic invoice).',
)

/** Whether the bytes begin like XML and have no element `html`, `svg` or `script`. */
export const isPlainXml = (bytes: Uint8Array): boolean => {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/u, '')
    .trimStart()
  return (
    /^<(?:\?xml|[a-z_][\w.:-]*[\s>])/iu.test(text) &&
    !/<(?:html|svg|script|\w+:script)[\s>/]/iu.test(text)
  )
}

const alsoAnother = (bytes: Buffer, text: string): FileFault | null => {
  const lastEnd = text.lastIndexOf('%%EOF')
  if (endsAsZip(bytes)) return fileFault('file-type-mismatch', 'The PDF is also an archive.')
  return lastEnd >= 0 && hiddenFileIn(bytes.subarray(lastEnd + 5)) !== null
    ? fileFault('file-type-mismatch', 'Another file follows the end of the PDF.')
    : null
}

/**
 * The most streams of a PDF. A PDF of 10 MB has a few thousand. A limit is needed because each
 * stream is checked together with the bytes before it.
 */
const MOST_STREAMS = 20_000

const takeStreams = (text: string): PdfStream[] | null => {
  const streams = [...streamsOf(text).take(MOST_STREAMS + 1)]
  return streams.length > MOST_STREAMS ? null : streams
}

const isActive = (text: string): boolean => hasActionText(text) || hasActiveName(text)

/** How many bytes the remaining streams of the file may still have when unpacked. */
type Budget = { leftBytes: number }

/**
 * Unpacks a stream. null: the stream cannot be read, or its unpacked content is larger than the
 * rest of the budget.
 */
const unfoldedWithin = (bytes: Buffer, stream: PdfStream, budget: Budget): Buffer | null => {
  const content = unfolded(bytes, stream, budget.leftBytes)
  if (content !== null) budget.leftBytes -= content.length
  return content
}

/**
 * The texts of all object streams. Returns a fault instead if one of these streams cannot be read
 * or has active content.
 */
const objectTexts = (
  bytes: Buffer,
  objects: readonly PdfStream[],
  budget: Budget,
): string[] | FileFault => {
  const texts: string[] = []
  for (const stream of objects) {
    const content = unfoldedWithin(bytes, stream, budget)
    if (content === null) return OPAQUE
    const text = content.toString('latin1')
    if (isActive(text)) return ACTIVE
    texts.push(text)
  }
  return texts
}

/**
 * Finds the fault of a PDF: active content, another file, or content that cannot be inspected.
 * null: none of these was found. Reads every object in the bytes, including those in object
 * streams. Ignores the PDF's own table of its objects, because this table may leave out objects
 * that a reader finds anyway. If there is no fault, `pdfjs-dist` reads the file afterwards.
 */
export const pdfObjectsFault = (bytes: Buffer): FileFault | null => {
  try {
    return objectsFault(bytes)
  } catch (error) {
    if (error instanceof UnreadablePdf) return OPAQUE
    throw error
  }
}

const objectsFault = (bytes: Buffer): FileFault | null => {
  const text = bytes.toString('latin1')
  const other = alsoAnother(bytes, text)
  if (other !== null) return other
  if (isActive(text)) return ACTIVE
  const isEncrypted =
    namesIn(text).some((name) => name === 'Encrypt') || /\/Encrypt\s+\d+\s+\d+\s+R/u.test(text)
  const streams = takeStreams(text)
  if (streams === null) return OPAQUE
  const objects = streams.filter(holdsObjects)
  if (isEncrypted && objects.length > 0) return OPAQUE
  const budget = { leftBytes: MAX_UNFOLDED_BYTES }
  const inner = objectTexts(bytes, objects, budget)
  if (!Array.isArray(inner)) return inner
  const embedded = embeddedIn([text, ...inner], streams)
  if (embedded === null) return EMBEDDED
  if (isEncrypted && embedded.length > 0) return OPAQUE
  const isXml = (stream: PdfStream): boolean => {
    const content = unfoldedWithin(bytes, stream, budget)
    return content !== null && isPlainXml(content)
  }
  return embedded.every(isXml) ? null : EMBEDDED
}

/**
 * The most characters of a dictionary of embedded files. Such a dictionary has at most five names.
 * Without this limit, the search would take hours if many such dictionaries begin in a file and
 * none of them ends.
 */
const MAX_EF_CHARS = 4096
/**
 * A reference to an object. The length of the numbers is limited. Otherwise the search would begin
 * again at each digit of a number of a million digits.
 */
const REFERENCE = /(?<!\d)(\d{1,10})\s{1,20}\d{1,10}\s{1,20}R/gu

/**
 * The streams with embedded files. null: one of them cannot be found, or a dictionary of embedded
 * files cannot be read.
 */
const embeddedIn = (
  texts: readonly string[],
  streams: readonly PdfStream[],
): PdfStream[] | null => {
  const numbers = new Set<string>()
  for (const text of texts) {
    for (const { index, 0: start } of text.matchAll(/\/EF\s*(?:<<|\d)/gu)) {
      const from = index + start.length
      const end = text.slice(from, from + MAX_EF_CHARS).indexOf('>>')
      if (!start.endsWith('<<') || end < 0) return null
      const dictionary = text.slice(from, from + end)
      for (const [, number = ''] of dictionary.matchAll(REFERENCE)) numbers.add(number)
    }
  }
  const embedded = streams.filter(
    ({ object, dictionary }) =>
      (object !== null && numbers.has(object)) || /\/EmbeddedFile\b(?!s)/u.test(dictionary),
  )
  const found = new Set(embedded.map(({ object }) => object))
  return [...numbers].every((number) => found.has(number)) ? embedded : null
}
