/**
 * Turns bytes of one encoding, cut anywhere, into UTF-8 of whole characters. The result is valid
 * only until the next call. The input is never changed.
 */
export type ByteDecoder = {
  push(block: Buffer): Buffer
  /** What is left when no more comes. */
  end(): Buffer
  /**
   * How many bytes came before the first that are no character: all before were given, nothing is
   * after. null: none yet.
   */
  badAt(): number | null
  /**
   * Whether what came looks like text in another encoding; absent where an encoding proves itself.
   */
  isDoubtful?(): boolean
}

export const NO_BYTES: Buffer = Buffer.alloc(0)
