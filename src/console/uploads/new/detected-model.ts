import type { GuessedColumn } from '../../../intake/columns/guessed-columns.ts'
import type { FileDescription } from '../../../workflows/uploads/receive/describe-file.ts'
import { ENGLISH, fill } from '../../texts/texts.ts'
import { DELIMITER_NAMES, DELIMITERS } from './upload-form.ts'

const { detected: words, newUpload, upload } = ENGLISH

const SHOWN_SAMPLES = 3
const SAMPLE_CHARS = 40

/**
 * The name of a column as the options write it. In a file without a header, it is the column's
 * number.
 */
const keyOf = (file: FileDescription, { name, at }: GuessedColumn): string =>
  file.hasHeader ? name : String(at + 1)

const shownColumn = (file: FileDescription, { name, at }: GuessedColumn): string =>
  file.hasHeader ? name : fill(words.numbered, { number: at + 1 })

const cut = (text: string): string =>
  text.length <= SAMPLE_CHARS ? text : `${text.slice(0, SAMPLE_CHARS)}…`

const sureOf = (column: GuessedColumn): string => {
  const { mappedTo, by, confidence, kind, unsure } = column
  if (kind === 'contactId' && mappedTo === null) return upload.mappedBy.contactId
  if (by === null || by === undefined) return unsure ? words.noPlace : words.youLeftOut
  if (by !== 'proposed' || typeof confidence !== 'number') return upload.mappedBy[by]
  const percent = Math.round(confidence * 100)
  return fill(unsure ? words.perhaps : words.likely, { percent })
}

type Choice = { value: string; label: string; selected: boolean }

/**
 * Whether the gateway finds this column by itself. Such a column is left out of the options, so
 * that the file gives the same result as without this page.
 */
const isCertain = (file: FileDescription, { by, unsure }: GuessedColumn, isId: boolean): boolean =>
  file.hasHeader && !unsure && by !== 'mapping' && (isId || typeof by === 'string')

const choicesOf = (file: FileDescription, column: GuessedColumn): Choice[] => {
  const { mappedTo, kind } = column
  const key = keyOf(file, column)
  const isId = kind === 'contactId' && mappedTo === null
  const asFound = isCertain(file, column, isId)
  const nowhere = isId ? words.idOnly : words.leaveOut
  const found = mappedTo === null ? nowhere : fill(words.asFound, { name: mappedTo })
  const choiceOf = (target: string | null, label: string): Choice => ({
    value: JSON.stringify([key, target]),
    label,
    selected: !asFound && mappedTo === target,
  })
  return [
    ...(asFound ? [{ value: '', label: found, selected: true }] : []),
    ...(asFound && isId ? [] : [choiceOf(null, nowhere)]),
    ...file.listColumns.map(({ name }) => choiceOf(name, name)),
  ]
}

const columnLine = (file: FileDescription, column: GuessedColumn, index: number) => ({
  id: `map-${index}`,
  name: shownColumn(file, column),
  samples: file.samples[index]!.filter((text) => text.trim() !== '')
    .slice(0, SHOWN_SAMPLES)
    .map(cut),
  sure: sureOf(column),
  unsure: column.unsure,
  choices: choicesOf(file, column),
})

/** The format of a file. For each column of the file: the column of the list that it would fill. */
export const detectedModel = (file: FileDescription, asked: { idColumn?: string | undefined }) => {
  const delimiter = DELIMITER_NAMES.find((name) => DELIMITERS[name] === file.delimiter)
  const columns = file.columns.map((column, index) => columnLine(file, column, index))
  const { idColumn } = file
  return {
    encoding: file.encoding,
    delimiter: delimiter === undefined ? null : newUpload.delimiters[delimiter],
    header: file.hasHeader,
    compressed: file.compression !== null,
    whole: file.whole,
    columns,
    unsure: columns.filter(({ unsure }) => unsure).length,
    missing: file.missing,
    idMissing: idColumn === null,
    idChoices: file.columns.map((column) => ({
      value: keyOf(file, column),
      label: shownColumn(file, column),
      selected:
        asked.idColumn === keyOf(file, column) || (idColumn !== null && column.name === idColumn),
    })),
    idFound: asked.idColumn === undefined ? idColumn : null,
  }
}
