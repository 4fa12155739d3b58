import type { Entry } from 'yauzl'

const END = Buffer.from('PK\x05\x06', 'latin1')
const END_BYTES = 22
/** The fixed part of a line of the directory. The name, extra fields and comment follow. */
const LINE_BYTES = 46
const LOCATOR = Buffer.from('PK\x06\x07', 'latin1')
const LOCATOR_BYTES = 20

type Said = { count: number; sizeBytes: number; start: number }

const saidAt = (bytes: Buffer, end: number): Said => ({
  count: bytes.readUInt16LE(end + 10),
  sizeBytes: bytes.readUInt32LE(end + 12),
  start: bytes.readUInt32LE(end + 16),
})

/** What the larger end record of ZIP64 states, and where it begins. null: there is none. */
const largerRecord = (bytes: Buffer, end: number): (Said & { at: number }) | null => {
  const locator = end - LOCATOR_BYTES
  if (locator < 0 || !bytes.subarray(locator, locator + LOCATOR.length).equals(LOCATOR)) return null
  const at = Number(bytes.readBigUInt64LE(locator + 8))
  const [count = 0, sizeBytes = 0, start = 0] = [32, 40, 48].map((offset) =>
    Number(bytes.readBigUInt64LE(at + offset)),
  )
  return { at, count, sizeBytes, start }
}

/** Whether the end record states what the larger record states, or refers to it (all bits set). */
const agree = (small: Said, large: Said): boolean =>
  [
    [small.count, large.count, 0xff_ff],
    [small.sizeBytes, large.sizeBytes, 0xff_ff_ff_ff],
    [small.start, large.start, 0xff_ff_ff_ff],
  ].every(([said, meant, elsewhere]) => said === meant || said === elsewhere)

/**
 * Where the directory of a zip begins and ends. null: programs would find different directories,
 * because the records at the end of the zip contradict each other or the lines of the directory.
 * Some programs believe the number of entries, some the size of the directory, some its position.
 * `entries`: the lines that the library has read.
 */
export const directoryOf = (
  bytes: Buffer,
  entries: readonly Entry[],
): { start: number; end: number; endRecordAt: number; commentAt: number } | null => {
  const at = bytes.lastIndexOf(END, bytes.length - END_BYTES)
  const small = saidAt(bytes, at)
  const large = largerRecord(bytes, at)
  const { count, sizeBytes, start } = large ?? small
  const linesBytes = entries.reduce(
    (sum, { fileNameLength, extraFieldLength, fileCommentLength }) =>
      sum + LINE_BYTES + fileNameLength + extraFieldLength + fileCommentLength,
    0,
  )
  const end = start + linesBytes
  const isClear =
    (large === null || agree(small, large)) &&
    count === entries.length &&
    sizeBytes === linesBytes &&
    end === (large?.at ?? at)
  return isClear ? { start, end, endRecordAt: at, commentAt: at + END_BYTES } : null
}
