import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'

/** Control characters that occur in honest text. */
const LAYOUT = /[\t\n\f\r]/gu
/** How files begin that programs read as something else than text. */
const OTHER_START =
  /^\s*(?:<(?:!doctype|html|head|body|svg|script|\?xml|\?php|%)|#!|%pdf-|%!ps|\{\\rtf)/iu

/** null if the file is plain text in UTF-8, and no program could read it as more. */
export const textFault = (bytes: Uint8Array): FileFault | null => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return fileFault(
      'text-invalid',
      'The text is not in UTF-8. Save it as UTF-8 and send it again.',
    )
  }
  if (/\p{Cc}/u.test(text.replace(LAYOUT, '')))
    return fileFault('text-invalid', 'The text has control characters.')
  return OTHER_START.test(text)
    ? fileFault('file-type-mismatch', 'The file begins like a page, a script or another document.')
    : null
}
