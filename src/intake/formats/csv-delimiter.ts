import { CARRIAGE_RETURN, LINE_FEED } from './csv-record.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const

const QUOTE = 34

/** Excel's first line, which names the delimiter. */
const TOLD = /^"?sep=([,;\t|])"?$/i

/**
 * The end (exclusive) of the first record with content, outside quotes; -1 while the text does not
 * hold it whole.
 */
const firstRecordEnd = (text: string, from: number): number => {
  let quoted = false
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) quoted = !quoted
    else if ((code === LINE_FEED || code === CARRIAGE_RETURN) && !quoted) return at
  }
  return -1
}

/**
 * The delimiter, by the first record with content: the one of `, ; tab |` that appears most often
 * outside quotes, or the comma if none does. Excel's first line `sep=;` names it. null until that
 * record is whole. `complete`: no more text comes.
 */
export const detectDelimiter = (text: string, complete: boolean): string | null => {
  let from = text.search(/[^\s]/)
  if (from < 0) return complete ? ',' : null
  // Leading tabs may be empty header cells: count from the start of that line.
  from = Math.max(text.lastIndexOf('\n', from), text.lastIndexOf('\r', from)) + 1
  const end = firstRecordEnd(text, from)
  if (end < 0 && !complete) return null
  const record = text.slice(from, end < 0 ? text.length : end)
  const told = TOLD.exec(record)?.[1]
  if (told !== undefined) return told
  const outside = record.replace(/"[^"]*(?:"|$)/g, '')
  let best = ','
  let most = 0
  for (const delimiter of DELIMITERS) {
    const count = outside.split(delimiter).length - 1
    if (count > most) {
      most = count
      best = delimiter
    }
  }
  return best
}
