import type { NewDncChunk } from '../../../src/domain/do-not-call/dnc-chunk.ts'
import {
  ENTRY_FIELDS,
  REMOVAL_FIELDS,
  type DncReason,
} from '../../../src/domain/do-not-call/dnc-entry.ts'
import {
  dncOptionsSchema,
  dncRemovalOptionsSchema,
} from '../../../src/domain/do-not-call/dnc-options.ts'
import { FileRefused } from '../../../src/intake/contract.ts'
import { runEntryIntake, type EntrySpec } from '../../../src/intake/entries/entry-intake.ts'
import { createEntrySteps } from '../../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'

export const DIGEST_KEY = Buffer.alloc(32, 9)
export const NUMBER = '+14155552671'
const steps = createEntrySteps(
  {
    reasons: new Map<string, DncReason>([['optout', 'CUSTOMER_REQUEST']]),
    allowedCountries: new Set(['US', 'GB', 'DE']),
  },
  createNormalisations(),
)

/** Reads a submission from the text through the whole intake, as of November 2026. */
export const readEntries = async (
  text: string,
  {
    format = 'csv',
    options: given = {},
    maxRows = 1_000_000,
    kind = 'add',
    granted,
  }: {
    format?: EntrySpec['format']
    options?: object
    maxRows?: number
    kind?: 'add' | 'remove'
    granted?: readonly string[]
  } = {},
) => {
  const options = (kind === 'add' ? dncOptionsSchema : dncRemovalOptionsSchema).parse(given)
  const chunks: NewDncChunk[] = []
  const judge = steps({
    ...{ kind, options, now: new Date('2026-11-28T00:00:00Z') },
    ...(granted && { granted }),
  })
  const limits = { maxBytes: 1e9, maxRows, maxRecordBytes: 1e6, digestKey: DIGEST_KEY }
  const body = (async function* () {
    for (let at = 0; at < text.length; at += 1000) yield Buffer.from(text.slice(at, at + 1000))
  })()
  const fields = kind === 'add' ? ENTRY_FIELDS : REMOVAL_FIELDS
  const spec = { ...limits, format, fileName: null, options, judge, fields }
  const result = await runEntryIntake(body, spec, async (chunk) => void chunks.push(chunk))
  return { result, chunks, entries: chunks.flatMap(({ entries }) => entries) }
}

/** For `assert.rejects`: whether the whole submission is refused for this reason. */
export const refused = (code: string) => (error: unknown) =>
  error instanceof FileRefused && error.code === code

/** The code and column of every fault of the only entry. */
export const faultsOf = async (cells: Record<string, string>, options = {}) => {
  const header = Object.keys(cells).join(',')
  const { chunks } = await readEntries(`${header}\n"${Object.values(cells).join('","')}"\n`, {
    options,
  })
  const [row] = chunks[0]!.rejected
  return row === undefined
    ? []
    : [row, ...(row.more ?? [])].map(({ code, column }) => [code, column])
}
