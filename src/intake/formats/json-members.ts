const DEEPER: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 }
const MARKS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gsu

/**
 * The members of the JSON object `text`, without those of nested objects. `source` is the text of
 * the value as it was sent. A member that occurs twice is returned twice.
 */
export function* membersOf(text: string): Generator<{ name: string; source: string }> {
  let depth = 0
  let key = ''
  let open: { name: string; from: number } | null = null
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    depth += DEEPER[mark] ?? 0
    if (mark.startsWith('"')) key = mark
    else if (mark === ':' && depth === 1) {
      open = { name: JSON.parse(key) as string, from: index + 1 }
    }
    if (open !== null && (depth === 0 || (depth === 1 && mark === ','))) {
      yield { name: open.name, source: text.slice(open.from, index).trim() }
      open = null
    }
  }
}
