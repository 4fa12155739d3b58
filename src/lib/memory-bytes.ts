/**
 * The memory of a typed array as bytes, without a copy. The bytes are in the processor's order:
 * lowest byte first (x64 and ARM).
 */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

/** Bytes that are put one after the other. */
export type JoinedBytes = {
  /** Adds a copy of the bytes. */
  add(bytes: Uint8Array): void
  /** Returns all bytes since the last call. The next `add` overwrites them. */
  take(): Buffer
}

/**
 * Creates an empty list of bytes. Its memory doubles when it is full, and is then used again, which
 * is faster than new memory for each `Buffer.concat`.
 */
export const createJoinedBytes = (): JoinedBytes => {
  let room = Buffer.alloc(0)
  let used = 0
  return {
    add: (bytes) => {
      const end = used + bytes.byteLength
      if (end > room.byteLength) {
        const larger = Buffer.allocUnsafeSlow(Math.max(end, room.byteLength * 2))
        larger.set(room.subarray(0, used))
        room = larger
      }
      room.set(bytes, used)
      used = end
    },
    take: () => {
      const taken = room.subarray(0, used)
      used = 0
      return taken
    },
  }
}
