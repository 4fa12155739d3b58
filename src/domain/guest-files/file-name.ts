import { fileFault, type FileFault } from './file-fault.ts'
import { isFileExtension, type FileExtension } from './file-type.ts'

export type NamedFile = {
  /**
   * NFC, without what Genesys forbids, at most 255 bytes in UTF-8; the extension is kept as it was
   * written.
   */
  fileName: string
  extension: FileExtension
}

/** Names in the file systems that matter end here. */
const MAX_NAME_BYTES = 255

/**
 * What Genesys takes in no name of a file [platform-api: 2.9], path separators and white space
 * among them.
 */
const FORBIDDEN = /[\\/{}^%`\]"'>[~<#|:*?\p{White_Space}]/gu
/**
 * Marks without width, those that turn the direction of text among them: they disguise an
 * extension.
 */
const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu
const CONTROLS = /\p{Cc}/u

/**
 * Extensions of programs that hide before the last one (`invoice.exe.pdf`). Only those that occur
 * in no honest name, unlike `.com` and `.js` (`example.com.pdf`, `node.js.pdf`).
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
 * The name under which a file is shown and sent, and its extension, or a fault if the name has no
 * accepted extension. A name that could deceive a program (NUL, line breaks, a program's extension
 * before the last) is refused. A name that could only deceive the eye is corrected.
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
      'The name has the extension of a program before the last one.',
    )
  }
  const end = plain.slice(dot)
  return {
    fileName: `${shortened(stem, MAX_NAME_BYTES - Buffer.byteLength(end))}${end}`,
    extension,
  }
}
