/** Actions that run something or reach outside of the file [contracts: 3]. */
const ACTIONS = 'JavaScript|Launch|SubmitForm|ImportData|GoToR|GoToE'
/** White space and comments, which may be between any two tokens (ISO 32000, 7.2). */
const GAP = '(?:[\\0\\t\\n\\f\\r ]|%[^\\r\\n]*[\\r\\n])*'
const END = '(?![^\\0\\t\\n\\f\\r ()<>\\[\\]{}/%])'
/** The type of an action, written inline or as a separate object. */
const ACTION = new RegExp(`(?:/S|\\bobj)${GAP}/(?:${ACTIONS})${END}`, 'u')
const ACTIVE_NAMES = new Set([...ACTIONS.split('|'), 'JS', 'XFA', 'RichMedia'])

/** A name's letters may be written as #xx (ISO 32000, 7.3.5). */
export const withoutNameCodes = (text: string): string =>
  text.includes('#')
    ? text.replace(/#([0-9a-f]{2})/giu, (_whole, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text

const ACTION_NAME = new RegExp(`/(?:${ACTIONS})`, 'u')
const WINDOW_CHARS = 256 * 1024
/** No name with each letter written as #xx is longer. */
const REACH_CHARS = 64

/**
 * Whether the name of an action appears anywhere. A piece at a time is copied to take codes out.
 */
const namesAction = (text: string): boolean => {
  for (let from = 0; from < text.length; from += WINDOW_CHARS) {
    const window = text.slice(from, from + WINDOW_CHARS + REACH_CHARS)
    if (ACTION_NAME.test(withoutNameCodes(window))) return true
  }
  return false
}

/** Whether an action appears anywhere in the bytes, even in streams whose length is false. */
export const hasActionText = (text: string): boolean =>
  namesAction(text) && ACTION.test(withoutNameCodes(text))

/**
 * Names in text that consists of objects, without the content of strings, comments and streams: a
 * link to a page named "JavaScript" is not a script.
 */
export function* namesIn(text: string): Generator<string> {
  const token =
    /\((?:[^()\\]|\\[^])*|%[^\r\n]*|<<|<[0-9a-f\s]*>|\bstream\r?\n|\/([^\0\t\n\f\r ()<>[\]{}/%]*)/giu
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const start = match[0][0]
    if (start === '(') token.lastIndex = afterString(text, match.index)
    else if (match[0].startsWith('stream')) {
      const end = text.indexOf('endstream', token.lastIndex)
      if (end < 0) return
      token.lastIndex = end
    } else if (start === '/') yield withoutNameCodes(match[1] ?? '')
  }
}

/** Strings hold parentheses in pairs, or escaped. */
const afterString = (text: string, from: number): number => {
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
  // Not closed: go on behind the parenthesis, so that nothing is skipped.
  return from + 1
}

export const hasActiveName = (text: string): boolean => {
  for (const name of namesIn(text)) if (ACTIVE_NAMES.has(name)) return true
  return false
}
