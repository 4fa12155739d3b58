import type { NumberPage } from '../../../domain/do-not-call/registries/number-page.ts'
import type { NumberReaderState } from '../../../intake/registries/number-lines.ts'

/** How far a file's numbers are distributed over pages. Taken between two pieces of the file. */
export type RunsState = {
  run: number
  /** The prefix of the last block. null: there is none yet. */
  lastPrefix: number | null
  distinct: number
  /**
   * Ascending numbers with one prefix. They are not in a block yet, because the next number may
   * have the same prefix.
   */
  waiting: Float64Array
  page: NumberPage | null
}

/**
 * Everything that is needed to continue a file after its first `bytes` bytes, except the stored
 * pages.
 */
export type LoadingState = {
  /** How many bytes of the file were read. */
  bytes: number
  reader: NumberReaderState
  runs: RunsState
  /** The state of the digest of the bytes read so far. */
  digest: Uint8Array
}

const VERSION = 1

type Written = {
  version: number
  bytes: number
  reader: NumberReaderState
  runs: Omit<RunsState, 'waiting' | 'page'> & {
    waiting: string
    page: (Omit<NumberPage, 'bytes'> & { bytes: string }) | null
  }
  digest: string
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/**
 * Writes the state as bytes. The bytes contain phone numbers, so they must be sealed before they
 * are stored.
 */
export const writeLoadingState = ({ bytes, reader, runs, digest }: LoadingState): Buffer => {
  const { waiting, page, ...rest } = runs
  const written: Written = {
    ...{ version: VERSION, bytes, reader, digest: textOf(digest) },
    runs: {
      ...rest,
      waiting: textOf(new Uint8Array(waiting.buffer, waiting.byteOffset, waiting.byteLength)),
      page: page === null ? null : { ...page, bytes: textOf(page.bytes) },
    },
  }
  return Buffer.from(JSON.stringify(written))
}

/**
 * Reads what `writeLoadingState` wrote. null if another version of the gateway wrote it in another
 * form.
 */
export const readLoadingState = (state: Uint8Array): LoadingState | null => {
  const written = JSON.parse(Buffer.from(state).toString()) as Written
  if (written.version !== VERSION) return null
  const { waiting, page, ...rest } = written.runs
  const numbers = Uint8Array.from(Buffer.from(waiting, 'base64'))
  return {
    bytes: written.bytes,
    reader: written.reader,
    digest: Buffer.from(written.digest, 'base64'),
    runs: {
      ...rest,
      waiting: new Float64Array(numbers.buffer),
      page: page === null ? null : { ...page, bytes: Buffer.from(page.bytes, 'base64') },
    },
  }
}
