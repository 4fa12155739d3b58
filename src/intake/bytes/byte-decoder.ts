/**
 * Turns bytes of one encoding, cut anywhere, into UTF-8 of whole characters. The result is valid
 * only until the next call. The input is never changed.
 */
export type ByteDecoder = {
  push(block: Buffer): Buffer
  /** The rest, when no more bytes come. */
  end(): Buffer
  /**
   * How many bytes came before the first that is not a character. All before it were given, nothing
   * after. null: none yet.
   */
  badAt(): number | null
  /** Whether the input looks like text in another encoding. Absent if an encoding proves itself. */
  isDoubtful?(): boolean
}

export const NO_BYTES: Buffer = Buffer.alloc(0)
