/**
 * Endings of files that run when a person opens them. The shell of the operating system decides by
 * them.
 */
const RUNS =
  /\.(?:exe|dll|com|scr|pif|bat|cmd|msi|msp|mst|vbs?|vbe|jse?|mjs|cjs|wsf|wsh|wsc|hta|ps1|psm1|psd1|ps1xml|jar|class|lnk|url|cpl|chm|hlp|reg|inf|scf|sct|sh|bash|zsh|csh|ksh|command|app|dmg|pkg|deb|rpm|apk|ipa|iso|img|vhdx?|appx|msix|py|pyc|pyw|rb|pl|php\d?|phtml|asp|aspx|jsp|swf|xll|xlam?|ppam?|docm|dotm|xlsm|xltm|pptm|potm|ppsm|sldm|one|settingcontent-ms|application|gadget|library-ms|search-ms|desktop|so|dylib|elf)$/iu
/** Other archives, which cannot be inspected. */
const PACKED =
  /\.(?:zip|rar|7z|gz|tgz|bz2|tbz2?|xz|txz|zst|lz4?|lzma|tar|cab|arj|ace|z|jar|war|ear|xpi|crx|udf|wim)$/iu
const MACROS = /(?:^|\/)vbaproject\.bin$|(?:^|\/)macrosheets\/|(?:^|\/)activex\//iu

const MAX_ENTRY_NAME_BYTES = 1024

/** The fault in the name of an entry. null: none. */
export const entryNameFault = (name: string): string | null => {
  if (/\p{Cc}/u.test(name)) return 'An entry has control characters in its name.'
  if (Buffer.byteLength(name) > MAX_ENTRY_NAME_BYTES) return 'The name of an entry is too long.'
  const path = name.replaceAll('\\', '/')
  if (path.startsWith('/') || /^[a-z]:/iu.test(path) || path.split('/').includes('..')) {
    return 'An entry would be unpacked outside of the folder that it is unpacked into.'
  }
  if (MACROS.test(path)) return 'A document in the archive has macros.'
  // Windows leaves dots and spaces at the end of a name away.
  const end = path.replace(/[. ]+$/u, '').replace(/\p{Cf}/gu, '')
  if (RUNS.test(end)) return 'The archive has a program or a script.'
  return null
}

/** Whether the name says that the entry is an archive that is not a document. */
export const isPackedByName = (name: string): boolean => PACKED.test(name)

/** How other archives than zip begin, in hexadecimal. */
const ARCHIVE_STARTS = [
  '526172211a07',
  '377abcaf',
  '1f8b',
  '425a68',
  'fd377a58',
  '4d534346',
  '28b52ffd',
  '4c5a4950',
  '04224d18',
  '60ea',
  '1f9d',
]

/** Archives by how they begin, beside zip. */
export const isOtherArchive = (head: Buffer): boolean => {
  const start = head.toString('hex', 0, 8)
  return (
    ARCHIVE_STARTS.some((sign) => start.startsWith(sign)) ||
    head.toString('latin1', 257, 262) === 'ustar'
  )
}

/**
 * An Office document in the form used until 2003. Programs and macros are in it under these names,
 * in UTF-16.
 */
export const OLE_START = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const OLE_ACTIVE = ['_VBA_PROJECT', 'Ole10Native'].map((name) => Buffer.from(name, 'utf16le'))

export const hasOleContent = (bytes: Buffer): boolean =>
  OLE_ACTIVE.some((name) => bytes.includes(name))

/**
 * The parts of an Office document by their types. A part with macros may have any name, but this
 * list must declare it.
 */
export const PARTS_LIST = '[Content_Types].xml'

/**
 * Whether a list of parts declares one with macros or ActiveX, or says that the document may have
 * them. It may be in UTF-16.
 */
export const listsMacros = (bytes: Buffer): boolean =>
  /macroEnabled|vbaProject|ms-office\.activeX|macrosheet/iu.test(
    bytes.toString('latin1').replaceAll('\0', ''),
  )

/** Documents that are themselves zips have one of these entries. */
export const isDocumentPart = (name: string): boolean => name === PARTS_LIST || name === 'mimetype'
