import { FileRefused } from '../contract.ts'

/**
 * The deepest nesting of an element. A contact has no nesting, and deep nesting would be costly to
 * show in the ledger.
 */
const DEEPEST = 64
/** The start of the array must be within this many characters. */
const LONGEST_OPENING = 1024

/**
 * The name of the member with the array, if the body is an object. The object may have no other
 * member.
 */
export type JsonMember = 'contacts' | 'entries'

const openingWith = (member: JsonMember): RegExp =>
  new RegExp(`^[ \\t\\r\\n]*(?:\\[|\\{[ \\t\\r\\n]*"${member}"[ \\t\\r\\n]*:[ \\t\\r\\n]*\\[)`)
const OPENINGS = { contacts: openingWith('contacts'), entries: openingWith('entries') }
const BLANK = /^[ \t\r\n]*$/
const STRUCTURE = /["[\]{},]/g

/** Cuts a JSON array that arrives in pieces into the texts of its elements. */
export type ElementSplitter = {
  push(text: string): void
  end(): void
  /** The number of the element that is not complete yet. */
  element(): number
}

/**
 * Makes the refusal and does not throw it. `element`: the number of the element, from 1. `why` must
 * not contain anything of the file.
 */
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
 * Searches the text between the array's brackets for the ends of elements. If no end is found in
 * the text, the search continues when more text has arrived.
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
    /** Finds the next end of an element. `none`: more text is needed. */
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
    /** Records that the first `count` characters of the text were cut off. */
    cut: (count: number): void => {
      scanned -= count
    },
  }
}

type Inside = {
  /**
   * Passes on the complete elements of `text`. Returns the text after these elements, and whether
   * the array has ended.
   */
  take(text: string): { rest: string; ended: boolean }
  element(): number
}

/** Passes on the elements between the array's brackets. */
const createInside = (
  maxElementBytes: number,
  onElement: (text: string, element: number) => void,
): Inside => {
  let element = 1
  const fail = (why: string): never => {
    throw malformed(element, why)
  }
  const walk = createWalk(fail)
  const tooLong = `An element has more than ${maxElementBytes} bytes`

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
 * Splits `[…]`, or an object with the array as its only member, such as `{"contacts":[…]}`.
 * `onElement` gets the text and the number (from 1) of each element, and must check that the text
 * is JSON. Throws `FileRefused('json-malformed')` if the body has another form or ends early, if
 * something follows the array or the object, or if a bracket does not match. Throws the same if an
 * element is missing, is nested too deeply, or is larger than `maxElementBytes`.
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
        `The body must be an array, or the object {"${member}":[…]} without other members`,
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
