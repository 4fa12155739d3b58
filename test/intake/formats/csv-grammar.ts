export type PlainRecord = { line: number; cells: string[]; misplaced: boolean }

/**
 * The grammar of CSV written a second time, letter by letter over the whole text and as short as
 * possible. The reader of blocks must give the same result. null: a quote is never closed.
 */
export const readCsvPlainly = (text: string, delimiter: string): PlainRecord[] | null => {
  const records: PlainRecord[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const record: PlainRecord = { line, cells: [], misplaced: false }
    for (let last = false; !last;) {
      let [cell, rest] = ['', '']
      const quoted = text[at] === '"'
      if (quoted) {
        for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
          if (at >= text.length) return null
          if (text[at] === '"') at += 1
          if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) line += 1
          cell += text[at]
        }
        at += 1
      }
      while (at < text.length && ![delimiter, '\n', '\r'].includes(text[at]!)) rest += text[at++]
      last = text[at] !== delimiter
      if (text[at] === '\r' && text[at + 1] === '\n') at += 1
      if (quoted ? rest !== '' : rest.includes('"')) record.misplaced = true
      record.cells.push(cell + rest)
      at += 1
    }
    line += 1
    records.push(record)
  }
  return records
}
