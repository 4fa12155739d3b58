/**
 * Receives a row of a number and bytes. The bytes are valid only during the call. If the call
 * throws, the statement fails.
 */
export type TakeBytes = (key: number, bytes: Uint8Array) => void

/**
 * The header has a signature, flags and the length of an extension (PostgreSQL, "COPY", "Binary
 * Format").
 */
const HEADER_BYTES = 19
const FIELDS = 2
const INT64_BYTES = 8
const THE_END = -1

/**
 * Reads what `COPY (select <bigint>, <bytea>) TO STDOUT (FORMAT binary)` sends, message by message.
 * A message holds whole rows. The first message begins with the header. Throws if a message has any
 * other form.
 */
export const createCopiedRows = (take: TakeBytes): ((message: Buffer) => void) => {
  let isFirst = true
  return (message) => {
    let at = isFirst ? HEADER_BYTES : 0
    isFirst = false
    while (at < message.byteLength) {
      const fields = message.readInt16BE(at)
      if (fields === THE_END) return
      const keyBytes = message.readInt32BE(at + 2)
      if (fields !== FIELDS || keyBytes !== INT64_BYTES)
        throw new Error('Copied rows are not pairs')
      const key = Number(message.readBigInt64BE(at + 6))
      const length = message.readInt32BE(at + 14)
      const start = at + 18
      at = start + length
      if (length < 0 || at > message.byteLength) throw new Error('A copied row has no bytes')
      take(key, message.subarray(start, at))
    }
  }
}
