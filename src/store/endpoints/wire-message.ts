/**
 * A parameter of a statement in the form that is sent to the database: bytes in binary form,
 * everything else as text.
 */
export type WireValue = Uint8Array | string | number | null

/**
 * Writes the messages of statements into one buffer that is used again. A new buffer of a megabyte
 * for each statement would keep the garbage collector busy.
 */
export type MessageWriter = {
  /** The size of the buffer. It grows to the largest statement and does not shrink. */
  sizeBytes(): number
  /**
   * Returns Parse, Bind, Describe, Execute and Sync of one statement in one piece (PostgreSQL,
   * "Message Formats"). The bytes are valid until the next call.
   */
  statement(text: string, values: readonly WireValue[]): Uint8Array
}

const NUL = 0
const NO_PARAMETER = -1
const TEXT = 0
const BINARY = 1
/**
 * Room for the fixed parts: `FRAME_BYTES` for the letters and lengths of all messages,
 * `VALUE_BYTES` for the format and the length of each value in Bind.
 */
const FRAME_BYTES = 64
const VALUE_BYTES = 6

const code = (letter: string): number => letter.charCodeAt(0)

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

/** Whether a writer can send all of these parameters. */
export const areWireValues = (values: readonly unknown[]): values is readonly WireValue[] =>
  values.every(
    (value) => value === null || ['string', 'number'].includes(typeof value) || isBytes(value),
  )

/** At least as many bytes as the messages of the statement have. */
const sizeOf = (text: string, values: readonly (Uint8Array | null)[]): number => {
  let size = Buffer.byteLength(text) + FRAME_BYTES
  for (const value of values) size += VALUE_BYTES + (value?.byteLength ?? 0)
  return size
}

/** Use a writer for one statement at a time. */
export const createMessageWriter = (): MessageWriter => {
  let room = Buffer.allocUnsafe(64 * 1024)
  let at = 0

  const int16 = (value: number): void => void (at = room.writeUInt16BE(value, at))
  const int32 = (value: number): void => void (at = room.writeInt32BE(value, at))
  const bytes = (value: Uint8Array): void => {
    room.set(value, at)
    at += value.byteLength
  }
  const cString = (text: string): void => {
    at += room.write(text, at)
    room[at++] = NUL
  }
  const message = (letter: string, body: () => void): void => {
    room[at++] = code(letter)
    const start = at
    at += 4
    body()
    room.writeInt32BE(at - start, start)
  }
  const bind = (values: readonly (Uint8Array | null)[], formats: readonly number[]): void => {
    cString('')
    cString('')
    int16(formats.length)
    for (const format of formats) int16(format)
    int16(values.length)
    for (const value of values) {
      int32(value === null ? NO_PARAMETER : value.byteLength)
      if (value !== null) bytes(value)
    }
    int16(0)
  }
  return {
    sizeBytes: () => room.byteLength,
    statement: (text, values) => {
      const formats = values.map((value) => (isBytes(value) ? BINARY : TEXT))
      const encoded = values.map((value) =>
        value === null || isBytes(value) ? value : Buffer.from(`${value}`),
      )
      const size = sizeOf(text, encoded)
      if (size > room.byteLength) room = Buffer.allocUnsafe(size)
      at = 0
      message('P', () => {
        cString('')
        cString(text)
        int16(0)
      })
      message('B', () => bind(encoded, formats))
      // P stands for a portal. The name of this portal is empty.
      message('D', () => cString('P'))
      message('E', () => {
        cString('')
        int32(0)
      })
      message('S', () => {})
      return room.subarray(0, at)
    },
  }
}
