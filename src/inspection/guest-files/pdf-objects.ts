import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import { hiddenFileIn, endsAsZip } from './hidden-file.ts'
import { holdsObjects, streamsOf, unfolded, type PdfStream } from './pdf-streams.ts'
import { hasActionText, hasActiveName, namesIn } from './pdf-text.ts'

/** Objects of a file of 10 MB take no more. */
const MAX_UNFOLDED_BYTES = 64 * 1024 * 1024

const active = (detail: string): FileFault => fileFault('pdf-active-content', detail)

const ACTIVE = active(
  'The PDF has active content: a script, a program, a form that is sent, or another file.',
)
const OPAQUE = active('A part of the PDF is packed or encrypted, so it cannot be inspected.')
const EMBEDDED = active(
  'The PDF has another file in it. Only XML (as in an electronic invoice) is allowed.',
)

/** An XML document and nothing that a browser runs. */
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

/** A file of 10 MB has some thousands. Each is checked with what precedes it. */
const MOST_STREAMS = 20_000

const takeStreams = (text: string): PdfStream[] | null => {
  const streams = [...streamsOf(text).take(MOST_STREAMS + 1)]
  return streams.length > MOST_STREAMS ? null : streams
}

const isActive = (text: string): boolean => hasActionText(text) || hasActiveName(text)

/** The texts of all object streams, or a fault if one cannot be read or does something. */
const objectTexts = (bytes: Buffer, objects: readonly PdfStream[]): string[] | FileFault => {
  const texts: string[] = []
  let leftBytes = MAX_UNFOLDED_BYTES
  for (const stream of objects) {
    const content = unfolded(bytes, stream, leftBytes)
    if (content === null) return OPAQUE
    leftBytes -= content.length
    const text = content.toString('latin1')
    if (isActive(text)) return ACTIVE
    texts.push(text)
  }
  return texts
}

/**
 * null if no object of the PDF does anything. Reads objects where they lie in the bytes, including
 * those in object streams, and not by the file's own table. So objects that the table leaves out
 * are checked too, and objects that it points into cannot hide. `pdfjs-dist` checks the file after
 * this.
 */
export const pdfObjectsFault = (bytes: Buffer): FileFault | null => {
  const text = bytes.toString('latin1')
  const other = alsoAnother(bytes, text)
  if (other !== null) return other
  if (isActive(text)) return ACTIVE
  const isEncrypted =
    [...namesIn(text)].includes('Encrypt') || /\/Encrypt\s+\d+\s+\d+\s+R/u.test(text)
  const streams = takeStreams(text)
  if (streams === null) return OPAQUE
  const objects = streams.filter(holdsObjects)
  if (isEncrypted && objects.length > 0) return OPAQUE
  const inner = objectTexts(bytes, objects)
  if (!Array.isArray(inner)) return inner
  const embedded = embeddedIn([text, ...inner], streams)
  if (embedded === null) return EMBEDDED
  if (isEncrypted && embedded.length > 0) return OPAQUE
  const isXml = (stream: PdfStream): boolean => {
    const content = unfolded(bytes, stream, MAX_UNFOLDED_BYTES)
    return content !== null && isPlainXml(content)
  }
  return embedded.every(isXml) ? null : EMBEDDED
}

/**
 * A dictionary of embedded files names at most five. The search for its end stops here, or a file
 * with many beginnings would be read for hours.
 */
const MAX_EF_CHARS = 4096
/** Bounded, because otherwise a number of a million digits would be tried from each of them. */
const REFERENCE = /(?<!\d)(\d{1,10})\s{1,20}\d{1,10}\s{1,20}R/gu

/** The streams of embedded files. null: one of them is not to be found. */
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
