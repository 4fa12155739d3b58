/** Extensions of files that may run code when a person opens them. */
const RUNS =
  /\.(?:exe|dll|com|scr|pif|bat|cmd|msi|msp|mst|vbs?|vbe|jse?|mjs|cjs|wsf|wsh|wsc|hta|ps1|psm1|psd1|ps1xml|jar|class|lnk|url|cpl|chm|hlp|reg|inf|scf|sct|sh|bash|zsh|csh|ksh|command|app|dmg|pkg|deb|rpm|apk|ipa|iso|img|vhdx?|appx|msix|py|pyc|pyw|rb|pl|php\d?|phtml|asp|aspx|jsp|swf|xll|xlam?|ppam?|docm|dotm|xlsm|xltm|pptm|potm|ppsm|sldm|one|settingcontent-ms|application|gadget|library-ms|search-ms|desktop|so|dylib|elf|ocx|sys|drv|efi|jnlp|jspx|htc|ws|ps2|psc[12]|msc|msh|diagcab|appref-ms|website|iqy|slk|xlm|mde|ade|accde|terminal|workflow|fish|tcl|lua|cgi|run)$/iu
/** Extensions of archives. The gateway can inspect the content only if it is a zip. */
const PACKED =
  /\.(?:zip|rar|7z|gz|tgz|bz2|tbz2?|xz|txz|zst|lz4?|lzma|tar|cab|arj|ace|z|jar|war|ear|xpi|crx|udf|wim)$/iu
const MACROS = /(?:^|\/)vbaproject\.bin$|(?:^|\/)macrosheets\/|(?:^|\/)activex\//iu

const MAX_ENTRY_NAME_BYTES = 1024

const entryNameFault = (name: string): string | null => {
  if (/\p{Cc}/u.test(name)) return 'A name in the archive has control characters.'
  if (Buffer.byteLength(name) > MAX_ENTRY_NAME_BYTES) return 'A name in the archive is too long.'
  const path = name.replaceAll('\\', '/')
  if (path.startsWith('/') || /^[a-z]:/iu.test(path) || path.split('/').includes('..')) {
    return 'An entry would be unpacked outside of the target folder.'
  }
  if (MACROS.test(path)) return 'A document in the archive has macros.'
  // Windows drops dots and spaces at the end of a name. `a.exe.` would therefore become a program.
  const end = path.replace(/[. ]+$/u, '').replace(/\p{Cf}/gu, '')
  // On Windows, `a.exe::$DATA` is another name of `a.exe`.
  if (RUNS.test(end) || RUNS.test(end.replace(/:[^/]*$/u, '')))
    return 'The archive has a program or a script.'
  return null
}

/** The number of the extra field that holds a second name (Info-ZIP, "Unicode Path"). */
const SECOND_NAME = 0x7075
/**
 * How many bytes precede the second name in its field: the version of the field and the checksum of
 * the first name.
 */
const BEFORE_NAME_BYTES = 5

function* secondNames(extra: Buffer): Generator<string> {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === SECOND_NAME) {
      yield extra.toString('utf8', at + 4 + BEFORE_NAME_BYTES, end)
    }
    at = end
  }
}

/**
 * The extension in lower case. "": the name has no extension in ASCII. This can happen with names
 * in old character sets.
 */
const endingOf = (name: string): string =>
  /\.([\w-]+)[. ]*$/u.exec(name.replace(/\p{Cf}/gu, ''))?.[1]?.toLowerCase() ?? ''

/**
 * The fault in the names of an entry. null: there is none. An entry may have several names: in the
 * directory, in the entry's header, and in the extra fields of both. Programs differ in which of
 * these names they use, and some ignore the checksum of the first name. The gateway therefore
 * checks each name, and all names must have the same extension.
 */
export const entryNamesFault = (
  name: string,
  raw: Buffer,
  extraFields: readonly Buffer[],
): string | null => {
  const names = [name, raw.toString(), ...extraFields.flatMap((extra) => [...secondNames(extra)])]
  for (const one of names) {
    const fault = entryNameFault(one)
    if (fault !== null) return fault
  }
  return new Set(names.map(endingOf)).size > 1
    ? 'For one of its files, the archive states two names with different extensions.'
    : null
}

/**
 * Whether the extension of the name is that of an archive. Documents that are zips have other
 * extensions.
 */
export const isPackedByName = (name: string): boolean => PACKED.test(name)

/** The first bytes of archives other than zip, in hexadecimal. */
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

/** Whether the content begins like an archive other than zip. `ustar` identifies a tar file. */
export const isOtherArchive = (head: Buffer): boolean => {
  const start = head.toString('hex', 0, 8)
  return (
    ARCHIVE_STARTS.some((sign) => start.startsWith(sign)) ||
    head.toString('latin1', 257, 262) === 'ustar'
  )
}

/**
 * The first bytes of an Office document in the format used until 2003. If the document has programs
 * or macros, it contains one of the names in `OLE_ACTIVE`, in UTF-16.
 */
export const OLE_START = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const OLE_ACTIVE = ['_VBA_PROJECT', 'Ole10Native'].map((name) => Buffer.from(name, 'utf16le'))

/**
 * Whether an Office document in the format used until 2003 has programs or macros. Call it only for
 * content that begins with `OLE_START`.
 */
export const hasOleContent = (bytes: Buffer): boolean =>
  OLE_ACTIVE.some((name) => bytes.includes(name))

/**
 * The entry that lists the parts of an Office document with their types. A part with macros may
 * have any name, but this list must declare the part.
 */
export const PARTS_LIST = '[Content_Types].xml'

/**
 * Whether a list of parts declares macros, ActiveX, or a document that may have them. NULs are
 * removed first, because the list may be in UTF-16.
 */
export const listsMacros = (bytes: Buffer): boolean =>
  /macroEnabled|vbaProject|ms-office\.activeX|macrosheet/iu.test(
    bytes.toString('latin1').replaceAll('\0', ''),
  )

/**
 * Whether an entry with this name shows that the zip is a document, for example of Office. Every
 * document that is a zip has a list of parts or an entry `mimetype`.
 */
export const isDocumentPart = (name: string): boolean => name === PARTS_LIST || name === 'mimetype'
