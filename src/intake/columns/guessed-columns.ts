import type { UploadColumn } from '../../domain/uploads/upload.ts'
import { FileRefused, type IntakeSpec } from '../contract.ts'
import { layOutColumns } from './column-layout.ts'
import type { Proposal } from './column-proposals.ts'

/**
 * A guess about a column of a file: the column of the list to which it may belong. A person checks
 * this guess and can change it.
 */
export type GuessedColumn = Pick<
  UploadColumn,
  'name' | 'kind' | 'mappedTo' | 'by' | 'confidence'
> & {
  /** The index of the column's cell in a record. */
  at: number
  /**
   * Whether a person should decide about the column, because its place is only a guess or is not
   * known. With the default options, an upload is usually refused until its mapping names such a
   * column.
   */
  unsure: boolean
}

export type GuessedColumns = {
  columns: GuessedColumn[]
  /** The name of the column with the contact id. null: not known. */
  idColumn: string | null
  /** The columns of the list that no column of the file fills. */
  missing: string[]
}

type Refusal = { proposals?: readonly Proposal[]; mapping?: Record<string, string | null> }

/** Guesses that are needed to lay out the header. */
type Decided = {
  proposals: readonly Proposal[]
  idGuessed: boolean
}

const layOut = (
  record: readonly string[],
  spec: IntakeSpec,
  decided: Decided,
): { layout: ReturnType<typeof layOutColumns>; decided: Decided } => {
  try {
    return { layout: layOutColumns(record, spec), decided }
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    const { proposals = [], mapping } = error.about as Refusal
    if (
      error.code === 'mapping-needed' &&
      mapping !== undefined &&
      decided.proposals.length === 0
    ) {
      return layOut(
        record,
        { ...spec, options: { ...spec.options, mapping } },
        { ...decided, proposals },
      )
    }
    if (error.code === 'contact-id-column-missing' && !decided.idGuessed) {
      const contactIdColumn = proposals[0]?.column ?? record.find((name) => name.trim() !== '')
      if (contactIdColumn === undefined) throw error
      const options = { ...spec.options, contactIdColumn }
      return layOut(record, { ...spec, options }, { ...decided, idGuessed: true })
    }
    throw error
  }
}

/**
 * Lays out a header although columns are uncertain. Where an upload would be refused, uses the most
 * likely proposals. Throws `FileRefused` if the header cannot be laid out even with these
 * proposals.
 */
export const guessColumns = (record: readonly string[], spec: IntakeSpec): GuessedColumns => {
  const options = { ...spec.options, schemaDrift: 'drop', missingColumns: 'empty' } as const
  const start = { proposals: [], idGuessed: false }
  const { layout, decided } = layOut(record, { ...spec, options }, start)
  const asked = spec.options.mapping ?? {}
  const columns = layout.columns.map((column, index): GuessedColumn => {
    const { name, kind, mappedTo, by, confidence } = column
    const at = layout.keep?.[index] ?? index
    const proposed = decided.proposals.find(
      (one) => one.column === name && one.proposedFor === mappedTo,
    )
    const isGuess = by === 'mapping' && proposed !== undefined && !Object.hasOwn(asked, name)
    return {
      ...{ name, kind, mappedTo, at },
      by: isGuess ? 'proposed' : by,
      confidence: isGuess ? proposed.confidence : confidence,
      unsure: isGuess || (mappedTo === null && kind !== 'contactId' && asked[name] !== null),
    }
  })
  return {
    columns,
    idColumn: decided.idGuessed ? null : (layout.columns[layout.idIndex]?.name ?? null),
    missing: layout.targets.filter(({ source }) => source < 0).map(({ name }) => name),
  }
}
