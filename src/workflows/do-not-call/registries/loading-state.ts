import type { NumberPage } from '../../../domain/do-not-call/registries/number-page.ts'
import type { NumberReaderState } from '../../../intake/registries/number-lines.ts'

/** The numbers of an edition that are in no whole page yet, and what the next one follows. */
export type RunsState = {
  run: number
  /** The prefix of the last block. Null: there is none yet. */
  lastPrefix: number | null
  distinct: number
  /** Ascending numbers of one prefix, to which the next number may belong. */
  waiting: Float64Array
  page: NumberPage | null
}

/** What it takes to continue a file behind its first bytes, besides the stored pages. */
export type LoadingState = {
  /** How many bytes of the file were read. */
  bytes: number
  reader: NumberReaderState
  runs: RunsState
  /** The state of the digest of those bytes. */
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

/** Writes the state as bytes. They contain telephone numbers. */
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

/** Reads what `writeLoadingState` wrote. Null if a version wrote it that loads otherwise. */
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
