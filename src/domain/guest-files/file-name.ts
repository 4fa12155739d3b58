import { fileFault, type FileFault } from './file-fault.ts'
import { isFileExtension, type FileExtension } from './file-type.ts'

export type NamedFile = {
  /**
   * In NFC, without characters that Genesys forbids, at most 255 bytes in UTF-8. The extension
   * stays as it was written.
   */
  fileName: string
  extension: FileExtension
}

/** The longest name that common file systems accept. */
const MAX_NAME_BYTES = 255

/**
 * The characters that Genesys does not accept in the name of a file [platform-api: 2.9], such as
 * path separators and white space.
 */
const FORBIDDEN = /[\\/{}^%`\]"'>[~<#|:*?\p{White_Space}]/gu
/**
 * Characters that are removed from a name: format characters, line separators, Hangul fillers, and
 * code points that are private or unassigned. Some format characters change the direction of text,
 * and can thereby disguise an extension.
 */
const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu
const CONTROLS = /\p{Cc}/u

/**
 * Extensions of programs. A name is refused if such an extension comes before the last extension,
 * as in `invoice.exe.pdf`. Extensions that also occur in harmless names are left out, such as
 * `.com` and `.js` (`example.com.pdf`, `node.js.pdf`).
 */
const PROGRAM_BEFORE =
  /\.(?:exe|scr|pif|bat|cmd|msi|msp|vbs|vbe|wsf|wsh|hta|ps1|psm1|jar|lnk|dll|cpl|jse|apk|dmg|iso)\./iu

const shortened = (stem: string, roomBytes: number): string => {
  let cut = ''
  let bytes = 0
  for (const character of stem) {
    bytes += Buffer.byteLength(character)
    if (bytes > roomBytes) break
    cut += character
  }
  return cut
}

/**
 * The name under which a file is shown and sent, and its extension. A name that could only deceive
 * a reader is corrected. Returns a fault in these cases:
 * - the name is not valid Unicode
 * - nothing is left before the extension
 * - the extension is not accepted
 * - the name could deceive a program, because it has a control character, or the extension of a
 *   program before its last extension
 */
export const namedFile = (given: string): NamedFile | FileFault => {
  if (CONTROLS.test(given) || /%0[0-9a-d]/iu.test(given)) {
    return fileFault(
      'file-name-invalid',
      'The name has control characters, such as NUL or a line break.',
    )
  }
  if (!given.isWellFormed()) {
    return fileFault('file-name-invalid', 'The name is not valid Unicode.')
  }
  const plain = given.normalize('NFC').replace(INVISIBLE, '').trim().replace(FORBIDDEN, '_')
  const dot = plain.lastIndexOf('.')
  const extension = plain.slice(dot + 1).toLowerCase()
  if (plain.replace(/[._]/gu, '') === '') {
    return fileFault('file-name-invalid', 'The file has no name.')
  }
  if (dot < 0 || !isFileExtension(extension)) {
    return fileFault(
      'file-type-not-allowed',
      'The name must end with .png, .jpg, .jpeg, .gif, .webp, .pdf, .txt or .zip.',
    )
  }
  const stem = plain.slice(0, dot).replace(/^\.+/u, '')
  if (stem === '')
    return fileFault('file-name-invalid', 'The file has no name before its extension.')
  if (PROGRAM_BEFORE.test(plain)) {
    return fileFault(
      'file-name-invalid',
      'Before its last extension, the name has the extension of a program.',
    )
  }
  const end = plain.slice(dot)
  return {
    fileName: `${shortened(stem, MAX_NAME_BYTES - Buffer.byteLength(end))}${end}`,
    extension,
  }
}
