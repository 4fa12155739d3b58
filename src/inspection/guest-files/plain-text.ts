import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'

/** Control characters, without those that occur in honest text. */
const CONTROLS = /[^\P{Cc}\t\n\f\r]/u
/** How files begin that programs read as something else than text. */
const OTHER_START =
  /^(?:<(?:!doctype|html|head|body|svg|script|\?xml|\?php|%)|#!|%pdf-|%!ps|\{\\rtf)/iu
const START_CHARS = 64
/** So much is text at a time. */
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

/** null if the file is plain text in UTF-8, and no program could read it as more. */
export const textFault = (bytes: Uint8Array): FileFault | null => {
  let start = ''
  try {
    for (const text of textOf(bytes)) {
      if (CONTROLS.test(text)) return fault('The text has control characters.')
      // Blanks before it are passed over, however many.
      if (start.length < START_CHARS) start = (start + text).trimStart().slice(0, START_CHARS)
    }
  } catch {
    return fault('The text is not in UTF-8. Save it as UTF-8 and send it again.')
  }
  return OTHER_START.test(start)
    ? fileFault('file-type-mismatch', 'The file begins like a page, a script or another document.')
    : null
}
