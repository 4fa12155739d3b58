import type { Caller } from '../../../domain/access/access.ts'
import type { ListColumn } from '../../../domain/contact-lists/contact-list.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import type { FileFormat } from '../../../domain/uploads/upload.ts'
import { guessColumns, type GuessedColumns } from '../../../intake/columns/guessed-columns.ts'
import { headlessColumns } from '../../../intake/columns/headless-columns.ts'
import { FileRefused } from '../../../intake/contract.ts'
import type { BuildContactSteps } from '../../../intake/rows/contact-steps.ts'
import { type FileSample, sampleFile } from '../../../intake/sample-file.ts'
import { FRESH_MS, readContext, readListSchema } from './list-schema.ts'
import type { ReceiveDeps } from './receive-deps.ts'

/** How much of a file is read to find out how it is written and which columns it has. */
const SAMPLE = { bytes: 256 * 1024, rows: 5 }

export type FileDescription = Pick<FileSample, 'encoding' | 'delimiter' | 'compression' | 'whole'> &
  GuessedColumns & {
    hasHeader: boolean
    /** The first values of each column, in the order of `columns`. */
    samples: string[][]
    listColumns: ListColumn[]
  }

export type DescribeFile = (input: {
  caller: Caller
  contactListId: string
  options: UploadOptions
  format: FileFormat
  steps: BuildContactSteps
  /** The file, or only its beginning (`isPart`). */
  body: AsyncIterable<Uint8Array>
  isPart: boolean
}) => Promise<FileDescription>

/**
 * Shows how a file would be read as an upload to the list. Checks no row and stores nothing. Throws
 * the errors of reading the list, and the problems of a file that cannot be read. Does not check
 * whether the tenant may use the list: the HTTP layer must check that first.
 */
export const createDescribeFile =
  (deps: Pick<ReceiveDeps, 'contactLists' | 'lists' | 'intake' | 'signal'>): DescribeFile =>
  async ({ caller, contactListId, options, format, steps, body, isPart }) => {
    const { contactLists, intake } = deps
    const context = readContext(caller.tenantId, deps.signal ?? new AbortController().signal)
    const { list } = await readListSchema(deps, contactListId, context, FRESH_MS)
    const { limits } = contactLists
    const given = { ...intake, format, fileName: null, options, list, limits }
    const spec = { ...given, steps: steps({ options, limits }) }
    try {
      const sample = await sampleFile(body, spec, SAMPLE, isPart)
      const headless = sample.header === null ? headlessColumns(sample.width, spec) : null
      const names = headless?.names ?? sample.header!
      const guessed = guessColumns(names, headless?.spec ?? spec)
      const { encoding, delimiter, compression, whole } = sample
      return {
        ...{ encoding, delimiter, compression, whole },
        ...guessed,
        hasHeader: headless === null,
        samples: guessed.columns.map(({ at }) => sample.rows.map((cells) => cells[at] ?? '')),
        listColumns: list.columns,
      }
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error
      throw new GatewayProblem(error.code, error.message, error.about)
    }
  }
