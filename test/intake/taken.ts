import type { DialectLimits, ListColumn } from '../../src/domain/contact-lists/contact-list.ts'
import type { Chunk } from '../../src/domain/uploads/chunk.ts'
import { uploadOptionsSchema } from '../../src/domain/uploads/upload-options.ts'
import { FileRefused } from '../../src/intake/contract.ts'
import type { FileRefusalCode, IntakeResult, IntakeSpec } from '../../src/intake/contract.ts'
import type { RowRules } from '../../src/intake/rows/contact-steps.ts'
import { runIntake } from '../../src/intake/run-intake.ts'
import { asRead } from '../support/stages/chunks.ts'
import { contactSteps } from '../support/stages/steps.ts'

export const KEY = Buffer.alloc(32, 7)

export const column = (
  name: string,
  kind: ListColumn['kind'] = 'text',
  required = false,
): ListColumn => ({ name, kind, required })

export const COLUMNS = [
  column('contactId'),
  column('name'),
  column('phone', 'phone'),
  column('email', 'email'),
]

export type SpecChanges = Partial<Omit<IntakeSpec, 'options' | 'list' | 'steps'>> & {
  rules?: Partial<RowRules>
  options?: Record<string, unknown>
  columns?: ListColumn[]
}

export const LIMITS: DialectLimits = {
  batchRows: 2500,
  batchBytes: 10_000_000,
  columns: null,
  headerChars: null,
  cellChars: null,
}

/**
 * A spec for tests: a guide list with contactId, name, phone and email. Columns that a test's file
 * does not have count as empty.
 */
export const specOf = ({
  options: given,
  columns,
  rules = {},
  limits = LIMITS,
  ...rest
}: SpecChanges = {}): IntakeSpec => {
  const options = uploadOptionsSchema.parse({ missingColumns: 'empty', ...given })
  return {
    format: 'csv',
    fileName: null,
    options,
    list: {
      id: 'list-1',
      name: 'List',
      status: 'ready',
      schemaVersion: '1',
      columns: columns ?? COLUMNS,
      size: 0,
    },
    limits,
    steps: contactSteps(rules)({ options, limits }),
    maxBytes: 2 ** 31,
    maxRows: 10_000_000,
    maxRecordBytes: 2 ** 20,
    digestKey: KEY,
    ...rest,
  }
}

export const bodyOf = async function* (
  bytes: Uint8Array | string,
  cuts: readonly number[] = [],
): AsyncGenerator<Uint8Array> {
  const whole = Buffer.from(bytes)
  let from = 0
  for (const cut of [...cuts].toSorted((a, b) => a - b)) {
    const to = Math.min(cut, whole.length)
    yield whole.subarray(from, to)
    from = to
  }
  yield whole.subarray(from)
}

export type Taken = { result: IntakeResult; chunks: Chunk[] }

export const take = async (
  body: Uint8Array | string | AsyncIterable<Uint8Array>,
  changes: SpecChanges = {},
): Promise<Taken> => {
  const chunks: Chunk[] = []
  const stream = typeof body === 'string' || body instanceof Uint8Array ? bodyOf(body) : body
  const result = await runIntake(stream, specOf(changes), {
    take: async (chunk) => void chunks.push(asRead(chunk)),
    idDigests: async function* () {
      for (const { idDigests } of chunks) yield idDigests
    },
  })
  return { result, chunks }
}

/** The code with which the file was refused, and its details. */
export const refusal = async (
  body: Uint8Array | string | AsyncIterable<Uint8Array>,
  changes: SpecChanges = {},
): Promise<{ code: FileRefusalCode; about: Record<string, unknown>; message: string }> => {
  try {
    await take(body, changes)
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    return { code: error.code, about: error.about, message: error.message }
  }
  throw new Error('the file was taken')
}

export const rejected = (taken: Taken) => taken.chunks.flatMap((chunk) => chunk.rejected)
export const accepted = (taken: Taken): { line: number; id: string; cells: string[] }[] =>
  taken.chunks.flatMap((chunk) =>
    chunk.lines.map((line, row) => ({
      line,
      id: chunk.contactIds[row]!,
      cells: chunk.cells.slice(row * chunk.width, (row + 1) * chunk.width),
    })),
  )
