import { FileRefused } from '../contract.ts'

/** Deeper nesting is not a contact, and its text would be costly to show. */
const DEEPEST = 64
/** White space allowed before the first bracket. */
const LONGEST_OPENING = 1024

/** The only member that an object around the array may have. */
export type JsonMember = 'contacts' | 'entries'

const openingWith = (member: JsonMember): RegExp =>
  new RegExp(`^[ \\t\\r\\n]*(?:\\[|\\{[ \\t\\r\\n]*"${member}"[ \\t\\r\\n]*:[ \\t\\r\\n]*\\[)`)
const OPENINGS = { contacts: openingWith('contacts'), entries: openingWith('entries') }
const BLANK = /^[ \t\r\n]*$/
const STRUCTURE = /["[\]{},]/g

/** Cuts the text of a JSON array, arriving in pieces, into the texts of its elements. */
export type ElementSplitter = {
  push(text: string): void
  end(): void
  /** The number of the element that is not whole yet. */
  element(): number
}

export const malformed = (element: number, why: string): FileRefused =>
  new FileRefused('json-malformed', `${why} (element ${element}).`, { element })

/** Whether the quote at `at` is escaped: an odd number of backslashes precedes it. */
const isEscaped = (text: string, at: number): boolean => {
  let first = at
  while (first > 0 && text.charCodeAt(first - 1) === 92) first -= 1
  return (at - first) % 2 === 1
}

type Step = { kind: 'none' } | { kind: 'element' | 'last'; at: number }

const NONE: Step = { kind: 'none' }

/**
 * Walks over the text of an array's inside and stops at each element's end. Remembers its place
 * when the text runs out.
 */
const createWalk = (fail: (why: string) => never) => {
  let scanned = 0
  let depth = 0
  let inString = false

  const takeMark = (mark: string, at: number): Step => {
    if (mark === '"') inString = true
    else if (mark === '[' || mark === '{') {
      depth += 1
      if (depth > DEEPEST) fail('An element is nested too deeply')
    } else if (mark === ',') return depth === 0 ? { kind: 'element', at } : NONE
    else {
      depth -= 1
      if (depth >= 0) return NONE
      if (mark === '}') fail('A bracket does not match')
      return { kind: 'last', at }
    }
    return NONE
  }
  const leaveString = (text: string): void => {
    const quote = text.indexOf('"', scanned)
    scanned = quote < 0 ? text.length : quote + 1
    if (quote >= 0 && !isEscaped(text, quote)) inString = false
  }
  return {
    /** The next end of an element; `none` when the text has no more. */
    next: (text: string): Step => {
      while (scanned < text.length) {
        if (inString) {
          leaveString(text)
          continue
        }
        STRUCTURE.lastIndex = scanned
        const found = STRUCTURE.exec(text)
        scanned = found === null ? text.length : found.index + 1
        const step = found === null ? NONE : takeMark(found[0], found.index)
        if (step.kind !== 'none') return step
      }
      return NONE
    },
    /** The first `count` characters were cut off the text. */
    cut: (count: number): void => {
      scanned -= count
    },
  }
}

type Inside = {
  /**
   * Gives the complete elements of `text`. Returns the rest, and whether the array has ended before
   * it.
   */
  take(text: string): { rest: string; ended: boolean }
  element(): number
}

/** The elements between the array's brackets. */
const createInside = (
  maxElementBytes: number,
  onElement: (text: string, element: number) => void,
): Inside => {
  let element = 1
  const fail = (why: string): never => {
    throw malformed(element, why)
  }
  const walk = createWalk(fail)
  const tooLong = `An element is over ${maxElementBytes} bytes`

  const give = (content: string, last: boolean): void => {
    if (Buffer.byteLength(content) > maxElementBytes) fail(tooLong)
    if (BLANK.test(content)) {
      if (last && element === 1) return
      fail('An element is missing')
    }
    onElement(content, element)
    element += 1
  }
  return {
    take: (text) => {
      let from = 0
      for (;;) {
        const step = walk.next(text)
        if (step.kind === 'none') break
        give(text.slice(from, step.at), step.kind === 'last')
        from = step.at + 1
        if (step.kind === 'last') return { rest: text.slice(from), ended: true }
      }
      walk.cut(from)
      if (text.length - from > maxElementBytes) fail(tooLong)
      return { rest: text.slice(from), ended: false }
    },
    element: () => element,
  }
}

/**
 * Splits `[…]` or `{"contacts":[…]}` (or another member). `onElement` gets each element's text and
 * number (from 1), and decides whether that text is JSON. Throws `FileRefused('json-malformed')`
 * for anything else around the elements, for an element over `maxElementBytes`, and for a body that
 * ends early.
 */
export const createElementSplitter = (options: {
  maxElementBytes: number
  onElement: (text: string, element: number) => void
  member?: JsonMember
}): ElementSplitter => {
  const { member = 'contacts' } = options
  const inside = createInside(options.maxElementBytes, options.onElement)
  let text = ''
  let state: 'opening' | 'elements' | 'closing' = 'opening'
  let wrapped = false

  const open = (complete: boolean): void => {
    const found = OPENINGS[member].exec(text)
    if (found !== null) {
      wrapped = found[0].includes('{')
      text = text.slice(found[0].length)
      state = 'elements'
    } else if (complete || text.length > LONGEST_OPENING) {
      throw malformed(
        1,
        `The body is neither an array nor {"${member}":[…]} with only the member ${member}`,
      )
    }
  }
  const close = (): void => {
    text = text.trimStart()
    if (wrapped && text.startsWith('}')) {
      text = text.slice(1)
      wrapped = false
    } else if (wrapped && text.startsWith(',')) {
      throw malformed(inside.element(), `Only the member ${member} is allowed`)
    }
    if (!BLANK.test(text)) throw malformed(inside.element(), `Something follows the ${member}`)
    text = ''
  }
  return {
    push: (piece) => {
      text += piece
      if (state === 'opening') open(false)
      if (state === 'elements') {
        const { rest, ended } = inside.take(text)
        text = rest
        if (ended) state = 'closing'
      }
      if (state === 'closing') close()
    },
    end: () => {
      if (state === 'opening') open(true)
      if (state !== 'closing' || wrapped) throw malformed(inside.element(), 'The body ends early')
    },
    element: inside.element,
  }
}
