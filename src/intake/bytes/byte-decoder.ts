/**
 * Converts bytes of one encoding to UTF-8. The input may end inside a character, but the result
 * never does. The result may share memory with the input or with the next result, so use each
 * result before the next call. The input is never changed.
 */
export type ByteDecoder = {
  push(block: Buffer): Buffer
  /** Call it after the last block. Returns what `push` held back. */
  end(): Buffer
  /**
   * The number of bytes before the first bad byte. A bad byte is not part of a character. null: no
   * bad byte was found so far. The decoder returns the text before the bad byte and nothing after
   * it.
   */
  badAt(): number | null
  /**
   * Whether the input looks like text in another encoding. Only decoders that may use a single-byte
   * encoding have this check. In such an encoding, almost every byte is some character, so a wrong
   * encoding rarely gives a bad byte.
   */
  isDoubtful?(): boolean
}

export const NO_BYTES: Buffer = Buffer.alloc(0)
