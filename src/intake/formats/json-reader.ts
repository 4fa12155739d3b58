import { looksPersonal } from '../../domain/contacts/personal-name.ts'
import type { RowFault } from '../../domain/uploads/rejection.ts'
import { FileRefused } from '../contract.ts'
import { createElementSplitter, type JsonMember, malformed } from './json-elements.ts'
import { membersOf } from './json-members.ts'
import { exactNumber, mayRound } from './json-number.ts'
import type { RowReader, RowSink } from './raw-row.ts'
import { findRepeatedKey } from './repeated-key.ts'

/**
 * The longest key that a fault names. A longer key is hardly the name of a column, and may be
 * personal data.
 */
const LONGEST_NAME = 128

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as the text of a cell. null: a cell cannot contain it. */
const asText = (value: unknown): string | null => {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number' || !Number.isFinite(value)) return null
  // `JSON.parse` has already rounded an integer beyond 2^53. The rounded number could be another
  // contact's id.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? null : String(value)
}

/**
 * The values of an object as they were sent. A parsed number may have other digits, and its row may
 * come back from the ledger.
 */
const sourcesOf = (text: string): Map<string, string> =>
  new Map([...membersOf(text)].map(({ name, source }) => [name, source]))

const faultOfKey = (code: string, name: string): RowFault => {
  const shown = name.length <= LONGEST_NAME && !looksPersonal(name)
  return { code, column: shown ? name : null }
}

/** The form of a file, if its columns do not come from its first object. */
export type JsonForm = {
  member: JsonMember
  columns: readonly string[]
  /** The columns whose value may be an array of texts. The array becomes a cell with commas. */
  lists: ReadonlySet<string>
}

/**
 * An array as the text of a cell with commas. If one of the texts contains a separator, the cell
 * would seem to have more elements than the array. Such an array becomes JSON instead. This JSON is
 * then rejected, because no id has this form. null: the value is not an array of texts.
 */
const asList = (value: unknown): string | null => {
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) return null
  return value.some((part) => /[,;\s]/u.test(part)) ? JSON.stringify(value) : value.join(',')
}

/**
 * Turns elements into rows. The form names the columns. Without a form, the columns are the keys of
 * the first object. A key like `__proto__` is an ordinary name here, because only own keys are read
 * and nothing is copied into an object.
 */
const createElementRows = (
  sink: RowSink,
  form: JsonForm | undefined,
  fail: (element: number, why: string) => FileRefused = malformed,
): ((text: string, element: number) => void) => {
  let names: string[] | null = null
  let known = new Set<string>()
  const open = (columns: readonly string[]): void => {
    names = [...columns]
    known = new Set(names)
    sink.header(names)
  }
  const textOf = (name: string, value: unknown): string | null =>
    (form?.lists.has(name) ? asList(value) : null) ?? asText(value)

  return (text, element) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      // The parser's message quotes the text, which may be personal. The gateway therefore does not
      // pass on the message.
      throw fail(element, 'An element is not JSON')
    }
    if (form !== undefined && names === null) open(form.columns)
    const suspect = text.includes('\\u')
    if (!isRecord(value)) {
      const cells = (names ?? []).map(() => '')
      const faults = [{ code: 'row-not-object', column: null }]
      sink.row({ line: element, cells, faults, suspect })
      return
    }
    const keys = Object.keys(value)
    if (names === null) open(keys)
    const unknown = keys.filter((key) => !known.has(key))
    const faults = unknown.map((key) => faultOfKey('unknown-column', key))
    const repeated = findRepeatedKey(text, keys)
    if (repeated !== null) faults.push(faultOfKey('key-repeated', repeated))
    let sources: Map<string, string> | null = null
    const sourceOf = (name: string): string => (sources ??= sourcesOf(text)).get(name) ?? ''
    const rounds = mayRound(text)
    const cells = (names ?? []).map((name) => {
      if (!Object.hasOwn(value, name)) return ''
      const member = value[name]
      const cell = textOf(name, member)
      if (cell === null) {
        faults.push({ code: 'value-not-text', column: name })
        return sourceOf(name)
      }
      return rounds && typeof member === 'number' ? exactNumber(member, sourceOf(name)) : cell
    })
    sink.row({ line: element, cells, faults, suspect })
  }
}

/**
 * Reads `[…]`, or an object with the array as its only member (default: `contacts`), as it streams
 * in. Without a form, elements before the first object become rows without cells, because the
 * columns are not known yet.
 */
export const createJsonReader = (options: {
  maxRecordBytes: number
  sink: RowSink
  form?: JsonForm
}): RowReader<string> => {
  const { form } = options
  const splitter = createElementSplitter({
    maxElementBytes: options.maxRecordBytes,
    onElement: createElementRows(options.sink, form),
    ...(form !== undefined && { member: form.member }),
  })
  return {
    push: splitter.push,
    end: splitter.end,
    delimiter: () => null,
    place: () => ({ element: splitter.element() }),
  }
}

/** Reads one JSON object from each line. Lines without content do not count as elements. */
export const createNdjsonReader = (options: {
  maxRecordBytes: number
  sink: RowSink
  form?: JsonForm
}): RowReader<string> => {
  let rest = ''
  let element = 0
  let line = 0
  const fail = (at: number, why: string): FileRefused =>
    new FileRefused('json-malformed', `${why} (line ${line}).`, { line, element: at })
  const onElement = createElementRows(options.sink, options.form, fail)
  const tooLong = `An element has more than ${options.maxRecordBytes} bytes`

  const give = (text: string): void => {
    line += 1
    if (text.trim() === '') return
    element += 1
    if (Buffer.byteLength(text) > options.maxRecordBytes) {
      throw fail(element, tooLong)
    }
    onElement(text, element)
  }
  return {
    push: (piece) => {
      const text = rest + piece
      let from = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        give(text.slice(from, end))
        from = end + 1
      }
      rest = text.slice(from)
      if (rest.length > options.maxRecordBytes) {
        line += 1
        throw fail(element + 1, tooLong)
      }
    },
    end: () => {
      give(rest)
      rest = ''
    },
    delimiter: () => null,
    place: () => ({ line: line + 1 }),
  }
}
