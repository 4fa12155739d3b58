import { FileRefused } from './contract.ts'

/** Bytes → text, cut anywhere. A byte order mark at the start is dropped; a byte that is not UTF-8 refuses the file. */
export type Utf8Decoder = { push(block: Uint8Array): string; end(): string }

export const createUtf8Decoder = (): Utf8Decoder => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (block: Uint8Array | undefined, stream: boolean): string => {
    try {
      return decoder.decode(block, { stream })
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      throw new FileRefused(
        'encoding-invalid',
        'The file holds bytes that are not UTF-8. Save it as UTF-8 and send it again.',
      )
    }
  }
  return { push: (block) => decode(block, true), end: () => decode(undefined, false) }
}
