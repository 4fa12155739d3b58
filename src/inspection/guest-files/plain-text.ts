import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'

/** Control characters except those that occur in ordinary text. */
const CONTROLS = /[^\P{Cc}\t\n\f\r]/u
/** Beginnings of files that programs do not treat as plain text. */
const OTHER_START =
  /^(?:<(?:!doctype|html|head|body|svg|script|\?xml|\?php|%|!--)|#!|%pdf-|%!ps|\{\\rtf)/iu
/** More tags by which browsers recognise a page (WHATWG MIME Sniffing, 7.1), and tags that load. */
const PAGE_START =
  /^<(?:iframe|h[1-6]|div|font|table|a|style|title|b|br|p|img|meta|link|object|embed|form)[\s/>]/iu
const START_CHARS = 64
/** How many bytes are decoded at a time. */
const PIECE_BYTES = 256 * 1024

const fault = (detail: string): FileFault => fileFault('text-invalid', detail)

function* textOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const piece = bytes.subarray(from, from + PIECE_BYTES)
    yield decoder.decode(piece, { stream: true })
  }
  yield decoder.decode()
}

/**
 * Finds the fault of a text file. null: the file is plain text in UTF-8, has no control
 * characters except tabs, line ends and form feeds, and does not begin like a file of another kind.
 */
export const textFault = (bytes: Uint8Array): FileFault | null => {
  let start = ''
  try {
    for (const text of textOf(bytes)) {
      if (CONTROLS.test(text)) return fault('The text has control characters.')
      // White space at the start does not count, because programs skip it.
      if (start.length < START_CHARS) start = (start + text).trimStart().slice(0, START_CHARS)
    }
  } catch {
    return fault('The text is not in UTF-8. Save it as UTF-8 and send it again.')
  }
  return OTHER_START.test(start) || PAGE_START.test(start)
    ? fileFault(
        'file-type-mismatch',
        'The file begins like a web page, a script or another document.',
      )
    : null
}
