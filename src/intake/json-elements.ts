import { FileRefused } from './contract.ts'

/** Deeper nesting is no contact, and text made of it would be costly to show. */
const DEEPEST = 64
/** White space allowed before the first bracket. */
const LONGEST_OPENING = 1024

const OPENING = /^[ \t\r\n]*(?:\[|\{[ \t\r\n]*"contacts"[ \t\r\n]*:[ \t\r\n]*\[)/
const BLANK = /^[ \t\r\n]*$/
const STRUCTURE = /["[\]{},]/g

/** Cuts the text of a JSON array, arriving in pieces, into the texts of its elements. */
export type ElementSplitter = { push(text: string): void; end(): void }

export const malformed = (element: number, why: string): FileRefused =>
  new FileRefused('json-malformed', `${why} (element ${element}).`, { element })

/** Whether the quote at `at` is escaped: an odd number of backslashes stands before it. */
const isEscaped = (text: string, at: number): boolean => {
  let first = at
  while (first > 0 && text.charCodeAt(first - 1) === 92) first -= 1
  return (at - first) % 2 === 1
}

/**
 * Takes `[…]` or `{"contacts":[…]}`. `onElement` gets each element's text and number (from 1); whether that text is JSON is its business.
 * Throws `FileRefused('json-malformed')` for anything else around the elements, an element over `maxElementBytes`, or a body that ends early.
 */
export const createElementSplitter = (options: {
  maxElementBytes: number
  onElement: (text: string, element: number) => void
}): ElementSplitter => {
  const { maxElementBytes, onElement } = options
  let text = ''
  let state: 'opening' | 'elements' | 'closing' | 'closed' = 'opening'
  let scanned = 0
  let depth = 0
  let inString = false
  let element = 1
  let wrapped = false

  const open = (complete: boolean): boolean => {
    const found = OPENING.exec(text)
    if (found === null) {
      if (complete || text.length > LONGEST_OPENING) {
        throw malformed(1, 'The body is neither an array nor {"contacts":[…]}')
      }
      return false
    }
    wrapped = found[0].includes('{')
    text = text.slice(found[0].length)
    state = 'elements'
    return true
  }
  const give = (content: string, ended: boolean): void => {
    if (Buffer.byteLength(content) > maxElementBytes) {
      throw malformed(element, `An element is over ${maxElementBytes} bytes`)
    }
    if (BLANK.test(content)) {
      if (ended && element === 1) return
      throw malformed(element, 'An element is missing')
    }
    onElement(content, element)
    element += 1
  }
  const closeOne = (bracket: string): boolean => {
    depth -= 1
    if (depth >= 0) return false
    if (bracket === '}') throw malformed(element, 'A bracket does not match')
    return true
  }
  /** Scans on from `scanned`; gives whole elements; leaves the unfinished one in `text`. */
  const scan = (): void => {
    let from = 0
    while (scanned < text.length) {
      if (inString) {
        const quote = text.indexOf('"', scanned)
        if (quote < 0) {
          scanned = text.length
          break
        }
        scanned = quote + 1
        if (!isEscaped(text, quote)) inString = false
        continue
      }
      STRUCTURE.lastIndex = scanned
      const found = STRUCTURE.exec(text)
      if (found === null) {
        scanned = text.length
        break
      }
      scanned = found.index + 1
      const mark = found[0]
      if (mark === '"') inString = true
      else if (mark === '[' || mark === '{') {
        depth += 1
        if (depth > DEEPEST) throw malformed(element, 'An element is nested too deeply')
      } else if (mark === ',') {
        if (depth > 0) continue
        give(text.slice(from, found.index), false)
        from = scanned
      } else if (closeOne(mark)) {
        give(text.slice(from, found.index), true)
        text = text.slice(scanned)
        state = 'closing'
        return
      }
    }
    text = text.slice(from)
    scanned -= from
    if (text.length > maxElementBytes) {
      throw malformed(element, `An element is over ${maxElementBytes} bytes`)
    }
  }
  const close = (): void => {
    text = text.trimStart()
    if (text === '') return
    if (wrapped && text.startsWith('}')) {
      text = text.slice(1)
      wrapped = false
    }
    if (!BLANK.test(text)) throw malformed(element, 'Something follows the contacts')
    text = ''
  }
  return {
    push: (piece) => {
      text += piece
      if (state === 'opening' && !open(false)) return
      if (state === 'elements') scan()
      if (state === 'closing') close()
    },
    end: () => {
      if (state === 'opening') open(true)
      if (state !== 'closing' || wrapped) throw malformed(element, 'The body ends early')
    },
  }
}
