import { CARRIAGE_RETURN, LINE_FEED } from './csv-record.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const

const QUOTE = 34

/** The first line `sep=;`, in which Excel names the delimiter. */
const TOLD = /^"?sep=([,;\t|])"?$/i

/**
 * The end (exclusive) of the first record with content. A line end within quotes does not count.
 * -1: the record is not complete yet.
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
 * Detects the delimiter. If the first line is Excel's `sep=;`, the line names the delimiter.
 * Otherwise, the delimiter is the one of `, ; tab |` that appears most often outside quotes in the
 * first record with content, or the comma if none of them appears. null: the first record with
 * content is not complete yet. `complete`: no more text follows.
 */
export const detectDelimiter = (text: string, complete: boolean): string | null => {
  let from = text.search(/[^\s]/)
  if (from < 0) return complete ? ',' : null
  // Tabs at the start of the line may be empty header cells, so they must be counted too.
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
