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
   * Whether the input looks like text in another encoding. Only decoders of single-byte encodings
   * have this check, because almost every byte is some character in these encodings.
   */
  isDoubtful?(): boolean
}

export const NO_BYTES: Buffer = Buffer.alloc(0)
