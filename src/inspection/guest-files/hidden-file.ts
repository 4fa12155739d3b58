/** A kind of file that can be hidden inside another file or after its end. */
export type HiddenKind = 'archive' | 'program' | 'pdf' | 'script'

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')

/** Signatures so long that they practically never occur by chance. */
const SIGNATURES: readonly (readonly [HiddenKind, Buffer])[] = [
  ['archive', Buffer.from('Rar!\x1a\x07', 'latin1')],
  ['archive', bytesOf('377abcaf271c')],
  ['archive', bytesOf('fd377a585a00')],
  ['archive', Buffer.from('MSCF\0\0\0\0', 'latin1')],
]

const ZIP_HEADER = Buffer.from('PK\x03\x04', 'latin1')
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1')
const ZIP_END_BYTES = 22
const ZIP_LOCAL_BYTES = 30
const MZ = Buffer.from('MZ')
const PE = 'PE\0\0'
const ELF = Buffer.from('\x7fELF', 'latin1')
/** A PE header begins at most this many bytes after the letters `MZ`. */
const PE_REACH_BYTES = 4096
/** The compression methods that zip programs write. */
const ZIP_METHODS = new Set([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 18, 19, 93, 95, 96, 97, 98, 99])

function* placesOf(bytes: Buffer, what: Buffer): Generator<number> {
  for (let at = bytes.indexOf(what); at >= 0; at = bytes.indexOf(what, at + 1)) yield at
}

/**
 * Whether a zip entry begins here. The four bytes of its signature may occur by chance in 10 MB of
 * film, so other fields are checked too.
 */
const isZipHeader = (bytes: Buffer, at: number): boolean => {
  if (at + ZIP_LOCAL_BYTES > bytes.length) return false
  const nameBytes = bytes.readUInt16LE(at + 26)
  const name = bytes.subarray(at + ZIP_LOCAL_BYTES, at + ZIP_LOCAL_BYTES + nameBytes)
  return (
    bytes[at + 4]! <= 63 &&
    ZIP_METHODS.has(bytes.readUInt16LE(at + 8)) &&
    nameBytes > 0 &&
    nameBytes <= 512 &&
    name.every((byte) => byte >= 0x20 && byte !== 0x7f)
  )
}

/**
 * Whether a zip reader would open these bytes. A zip reader searches for the directory at the end
 * of the file, whatever bytes the file begins with.
 */
export const endsAsZip = (bytes: Buffer): boolean => {
  const tail = bytes.subarray(Math.max(0, bytes.length - ZIP_END_BYTES - 65_535))
  for (const at of placesOf(tail, ZIP_END)) {
    if (at + ZIP_END_BYTES > tail.length) continue
    const entries = tail.readUInt16LE(at + 10)
    const directoryBytes = tail.readUInt32LE(at + 12)
    const before = bytes.length - tail.length + at
    const start = before - directoryBytes
    const hasDirectory =
      entries > 0 && start >= 0 && bytes.toString('latin1', start, start + 4) === 'PK\x01\x02'
    if (hasDirectory || entries === 0xff_ff) return true
  }
  return false
}

const holdsPe = (bytes: Buffer): boolean => {
  for (const start of placesOf(bytes, MZ)) {
    if (start + 0x40 > bytes.length) return false
    const offset = bytes.readUInt32LE(start + 0x3c)
    const at = start + offset
    const isNear = offset >= 0x40 && offset <= PE_REACH_BYTES
    if (isNear && bytes.toString('latin1', at, at + 4) === PE) return true
  }
  return false
}

const holdsElf = (bytes: Buffer): boolean => {
  for (const at of placesOf(bytes, ELF)) {
    const [kind = 0, order = 0, version = 0] = bytes.subarray(at + 4, at + 7)
    if (kind >= 1 && kind <= 2 && order >= 1 && order <= 2 && version === 1) return true
  }
  return false
}

/**
 * Each alternative has at least five letters. A shorter one, such as `<%@` and white space, occurs
 * by chance in one of sixty photos of 10 MB.
 */
const SCRIPT =
  /<script[\s>/]|<\?php|<!doctype\s+html|<html[\s>]|<svg[\s>]|<iframe[\s>]|<%@\s*(?:page|language|include|taglib|import|control|master|webservice|webhandler)/iu

const WINDOW_BYTES = 256 * 1024
/**
 * The windows overlap by this many bytes. A match of at most this length, including white space, is
 * therefore never cut.
 */
const REACH_BYTES = 16 * 1024

/**
 * Whether the pattern occurs in the bytes. The bytes are turned into text one window at a time,
 * because the text of a whole file would need as much memory as the file.
 */
export const stands = (pattern: RegExp, bytes: Buffer): boolean => {
  for (let from = 0; from < bytes.length; from += WINDOW_BYTES) {
    if (pattern.test(bytes.toString('latin1', from, from + WINDOW_BYTES + REACH_BYTES))) return true
  }
  return false
}

/** Whether the bytes contain the start of a script, or of a page or SVG, which may have scripts. */
export const holdsScript = (bytes: Buffer): boolean => stands(SCRIPT, bytes)

/** Whether a file that begins with these bytes may run code, for example a program or a script. */
export const isProgram = (bytes: Buffer): boolean => {
  const start = bytes.toString('latin1', 0, 8)
  return (
    /^(?:MZ|ZM|\x7fELF|#!|dex\n|\0asm|ITSF|!<arch>)/u.test(start) ||
    /^(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|\xbe\xba\xfe\xca)/u.test(
      start,
    ) ||
    start.startsWith('\x4c\0\0\0\x01\x14\x02\0')
  )
}

/**
 * Finds a file hidden in bytes that the reader of the outer file ignores. Phones write films,
 * second pictures and notes into these bytes, which is allowed [contracts: 3]. Short signatures can
 * occur there by chance. Zips and programs are therefore recognised by their structure. null: no
 * hidden file was found.
 */
export const hiddenFileIn = (bytes: Buffer): HiddenKind | null => {
  if (bytes.length === 0) return null
  if (isProgram(bytes)) return 'program'
  for (const [kind, signature] of SIGNATURES) if (bytes.includes(signature)) return kind
  for (const at of placesOf(bytes, ZIP_HEADER)) if (isZipHeader(bytes, at)) return 'archive'
  if (endsAsZip(bytes)) return 'archive'
  if (holdsPe(bytes) || holdsElf(bytes)) return 'program'
  if (stands(/%PDF-\d\.\d/u, bytes)) return 'pdf'
  return holdsScript(bytes) ? 'script' : null
}
