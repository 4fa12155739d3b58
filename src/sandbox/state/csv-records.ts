/** Why a text is not CSV by RFC 4180. The message contains nothing of the text. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault'
}

const QUOTE = '"'

/** The text of the quoted cell that begins at `open`, and the position after its closing quote. */
const quotedCell = (text: string, open: number): { cell: string; next: number } => {
  let from = open + 1
  let cell = ''
  for (;;) {
    const close = text.indexOf(QUOTE, from)
    if (close === -1) throw new CsvFault('A quoted cell is not closed.')
    cell += text.slice(from, close)
    if (text[close + 1] !== QUOTE) return { cell, next: close + 1 }
    cell += QUOTE
    from = close + 2
  }
}

const plainCell = (text: string, from: number): { cell: string; next: number } => {
  let next = from
  for (; next < text.length; next += 1) {
    const char = text[next]
    if (char === ',' || char === '\n' || char === '\r') break
    if (char === QUOTE) throw new CsvFault('There is a quote inside a cell that is not quoted.')
  }
  return { cell: text.slice(from, next), next }
}

/** The length of the text that ends the record. 0: another cell of the record follows. */
const recordEnd = (text: string, at: number): number => {
  if (at >= text.length) return 1
  if (text[at] === ',') return 0
  if (text[at] === '\n') return 1
  if (text[at] === '\r' && text[at + 1] === '\n') return 2
  throw new CsvFault('A cell is followed by neither a comma nor the end of its record.')
}

const lineEnd = (text: string, from: number): { at: number; next: number } => {
  const feed = text.indexOf('\n', from)
  if (feed === -1) return { at: text.length, next: text.length }
  return { at: feed > from && text[feed - 1] === '\r' ? feed - 1 : feed, next: feed + 1 }
}

const quotedRecord = (text: string, from: number): { record: string[]; next: number } => {
  const record: string[] = []
  for (let at = from; ;) {
    const { cell, next } = text[at] === QUOTE ? quotedCell(text, at) : plainCell(text, at)
    record.push(cell)
    const ended = recordEnd(text, next)
    if (ended > 0) return { record, next: next + ended }
    at = next + 1
  }
}

/**
 * The records of a CSV with commas, in UTF-8 (RFC 4180; line feeds alone are allowed). A blank line
 * is a record of one empty cell, because Genesys refuses blank lines. Stricter than some importers:
 * throws `CsvFault` for bytes that are not UTF-8, for misplaced quotes, and for a carriage return
 * without a line feed.
 */
export const csvRecords = (bytes: Uint8Array): string[][] => {
  let text
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CsvFault('The file is not UTF-8.')
  }
  const records: string[][] = []
  let at = 0
  while (at < text.length) {
    const end = lineEnd(text, at)
    const line = text.slice(at, end.at)
    // Most lines have no quote. The engine's own `split` is faster for them than a loop over
    // characters.
    if (line.includes(QUOTE) || line.includes('\r')) {
      const { record, next } = quotedRecord(text, at)
      records.push(record)
      at = next
    } else {
      records.push(line.split(','))
      at = end.next
    }
  }
  return records
}
