/** Actions that run something or open something outside the file [contracts: 3]. */
const ACTIONS = 'JavaScript|Launch|SubmitForm|ImportData|GoToR|GoToE'
/** The whole name of an action. The character after it cannot belong to a name. */
const ACTION = new RegExp(`/(?:${ACTIONS})(?![^\\0\\t\\n\\f\\r ()<>\\[\\]{}/%])`, 'gu')
const ACTIVE_NAMES = new Set([...ACTIONS.split('|'), 'JS', 'XFA', 'RichMedia'])

/**
 * Replaces each code #xx by its letter. In a name, any letter may be written as such a code (ISO
 * 32000, 7.3.5).
 */
export const withoutNameCodes = (text: string): string =>
  text.includes('#')
    ? text.replace(/#([0-9a-f]{2})/giu, (_whole, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text

const ACTION_NAME = new RegExp(`/(?:${ACTIONS})`, 'u')
const WINDOW_CHARS = 256 * 1024
/**
 * The longest name of an action has fewer characters than this, even if each of its letters is
 * written as #xx.
 */
const REACH_CHARS = 64

/**
 * A quick search for the name of an action. Replaces codes one window at a time, because otherwise
 * the text of a whole file would be copied.
 */
const namesAction = (text: string): boolean => {
  for (let from = 0; from < text.length; from += WINDOW_CHARS) {
    const window = text.slice(from, from + WINDOW_CHARS + REACH_CHARS)
    if (ACTION_NAME.test(withoutNameCodes(window))) return true
  }
  return false
}

const isWhite = (letter: string): boolean => '\0\t\n\f\r '.includes(letter)
const isLineEnd = (letter: string): boolean => letter === '\n' || letter === '\r'

/**
 * Goes backwards from `end` over letters for which `holds` is true. Returns the position after the
 * first letter (seen from `end`) for which `holds` is false.
 */
const backOver = (text: string, end: number, holds: (letter: string) => boolean): number => {
  let at = end
  while (at > 0 && holds(text[at - 1]!)) at -= 1
  return at
}

/**
 * Whether the name is the type of an action. This is so if `/S` or `obj` precedes the name, with
 * only white space and comments between them (ISO 32000, 7.2). Searches backwards from the name,
 * line by line. A forward search from every `obj` would read the following comment each time, which
 * takes hours in a file of one long line.
 */
const isTypeBefore = (text: string, name: number): boolean => {
  for (let end = name; ;) {
    const before = backOver(text, end, isWhite)
    if (/(?:\/S|\bobj)$/u.test(text.slice(Math.max(0, before - 4), before))) return true
    const isNextLine = /[\n\r]/u.test(text.slice(before, end)) || end !== name
    if (!isNextLine) return false
    const start = backOver(text, before, (letter) => !isLineEnd(letter))
    const line = text.slice(start, before)
    if (/(?:\/S|\bobj)[\0\t\f ]*%/u.test(line)) return true
    if (start === 0 || !/^[\0\t\f ]*%/u.test(line)) return false
    end = start
  }
}

/**
 * Whether an action is anywhere in the text. Streams are searched too, because the stated length of
 * a stream may be false.
 */
export const hasActionText = (text: string): boolean => {
  if (!namesAction(text)) return false
  const plain = withoutNameCodes(text)
  for (const { index } of plain.matchAll(ACTION)) if (isTypeBefore(plain, index)) return true
  return false
}

/** Thrown if the strings of a PDF cannot be distinguished from its objects in reasonable time. */
export class UnreadablePdf extends Error {
  override readonly name = 'UnreadablePdf'
}

/**
 * How many characters may be searched in vain for the ends of strings. If a string has no end, the
 * search continues to the end of the file. Harmless files have few such strings.
 */
const MOST_UNCLOSED_CHARS = 64 * 1024 * 1024

/**
 * The names in a text of objects. Skips strings, comments and streams, because a link to a page
 * named "JavaScript" is no script. Throws `UnreadablePdf` if too many strings have no end.
 */
export function* namesIn(text: string): Generator<string> {
  const token =
    /\((?:[^()\\]|\\[^])*|%[^\r\n]*|<<|<[0-9a-f\s]*>|\bstream\r?\n|\/([^\0\t\n\f\r ()<>[\]{}/%]*)/giu
  let leftChars = MOST_UNCLOSED_CHARS
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const start = match[0][0]
    if (start === '(') {
      const end = stringEnd(text, match.index)
      // If a string has no end, the search continues right after its parenthesis, so that nothing
      // is skipped.
      token.lastIndex = end ?? match.index + 1
      if (end === null) leftChars -= text.length - match.index
      if (leftChars < 0) throw new UnreadablePdf('Too many strings have no end')
    } else if (match[0].startsWith('stream')) {
      const end = text.indexOf('endstream', token.lastIndex)
      if (end < 0) return
      token.lastIndex = end
    } else if (start === '/') yield withoutNameCodes(match[1] ?? '')
  }
}

/**
 * The position after the string that begins at `from`. null: the string has no end. Parentheses in
 * a string are in pairs or escaped.
 */
const stringEnd = (text: string, from: number): number | null => {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at]
    if (letter === '\\') at += 1
    else if (letter === '(') depth += 1
    else if (letter === ')') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

/**
 * Whether a text of objects has one of the `ACTIVE_NAMES` outside of strings, comments and streams.
 * Throws `UnreadablePdf` as `namesIn` does.
 */
export const hasActiveName = (text: string): boolean => {
  for (const name of namesIn(text)) if (ACTIVE_NAMES.has(name)) return true
  return false
}
