/**
 * Judges whether bytes that were read as windows-1252 may be other text. Text from a Mac or from
 * DOS has letters where windows-1252 has quotes, dashes and currency signs. These signs then appear
 * inside words (`Jos‚`, `Mu¤oz`). Text in another alphabet has whole words of letters beyond ASCII.
 */
export type WesternDoubt = {
  add(bytes: Uint8Array): void
  /** The result for the bytes added so far. */
  isDoubtful(): boolean
}

/**
 * Where a character is suspicious.
 * - `before`: before a letter.
 * - `after`: after a letter.
 * - `beside`: beside a letter on either side.
 * - `between`: between a letter and a small letter.
 * - `behind-small`: after a small letter.
 * - `may-be`: never by itself.
 */
type Rule = 'before' | 'after' | 'beside' | 'between' | 'behind-small' | 'may-be'

/**
 * The rule of each suspicious byte. The letters with the rules `may-be` and `behind-small` exist in
 * some western language. If such a letter breaks no rule, its cell only supports a doubt that other
 * cells raised.
 */
const RULES = new Map<number, Rule>([
  ...[0x83, 0x86, 0x87, 0x88, 0x89, 0x8b, 0x95, 0x98, 0x9b, 0x9f].map((byte): [number, Rule] => [
    byte,
    'beside',
  ]),
  ...[0xa2, 0xa3, 0xa4, 0xa5].map((byte): [number, Rule] => [byte, 'beside']),
  ...[0x82, 0x84, 0x91, 0x93].map((byte): [number, Rule] => [byte, 'after']),
  ...[0x80, 0x85, 0x94, 0x99].map((byte): [number, Rule] => [byte, 'before']),
  ...[0x96, 0x97, 0xa1].map((byte): [number, Rule] => [byte, 'between']),
  ...[0x8a, 0x8c, 0x8e].map((byte): [number, Rule] => [byte, 'behind-small']),
  ...[0x9a, 0x9c, 0x9e].map((byte): [number, Rule] => [byte, 'may-be']),
])

const FIRST_HIGH = 0x80
const BORDERS = new Set([...',;\t|\n\r"'].map((mark) => mark.charCodeAt(0)))
/**
 * This many letters beyond ASCII in succession are a sign of another alphabet. The text is doubtful
 * if most of its letters beyond ASCII are in such runs, in at least `FEWEST_CELLS` cells.
 */
const FOREIGN_RUN = 3

const isSmall = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte !== 0xf7))
const isLetter = (byte: number | undefined): boolean =>
  isSmall(byte) ||
  (byte !== undefined &&
    ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte !== 0xd7 && byte < 0xdf)))

const breaks = (rule: Rule, before: number | undefined, next: number | undefined): boolean => {
  switch (rule) {
    case 'before':
      return isLetter(next)
    case 'after':
      return isLetter(before)
    case 'beside':
      return isLetter(before) || isLetter(next)
    case 'between':
      return isLetter(before) && isSmall(next)
    case 'behind-small':
      return isSmall(before)
    case 'may-be':
      return false
  }
}

/**
 * Suspicious cells make the text doubtful if there are at least `FEWEST_CELLS` of them, and at
 * least `FEWEST_BROKEN` of them break a rule. The cells that break a rule must also be at least the
 * share `SHARE` of all cells with bytes beyond ASCII.
 */
const FEWEST_CELLS = 3
const FEWEST_BROKEN = 2
const SHARE = 0.2

/**
 * Makes the judge for one file. Add the bytes in the order of the file. A byte at the end of a
 * block is judged without its neighbour in the next block.
 */
export const createWesternDoubt = (): WesternDoubt => {
  const cells = { high: 0, broken: 0, odd: 0 }
  const letters = { beyond: 0, inRuns: 0 }
  let cell = { high: false, broken: false, odd: false }

  const closeCell = (): void => {
    if (!cell.high) return
    cells.high += 1
    if (cell.broken) cells.broken += 1
    else if (cell.odd) cells.odd += 1
    cell = { high: false, broken: false, odd: false }
  }
  const look = (bytes: Uint8Array, at: number): void => {
    const rule = RULES.get(bytes[at]!)
    cell.high = true
    if (rule === undefined) return
    if (breaks(rule, bytes[at - 1], bytes[at + 1])) cell.broken = true
    else if (rule === 'may-be' || rule === 'behind-small') cell.odd = true
  }
  return {
    add: (bytes) => {
      let run = 0
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at]!
        if (byte >= FIRST_HIGH) {
          run += 1
          letters.beyond += 1
          if (run >= FOREIGN_RUN) letters.inRuns += run === FOREIGN_RUN ? FOREIGN_RUN : 1
          look(bytes, at)
        } else {
          run = 0
          if (BORDERS.has(byte)) closeCell()
        }
      }
    },
    isDoubtful: () => {
      const broken = cells.broken + (cell.broken ? 1 : 0)
      const high = cells.high + (cell.high ? 1 : 0)
      const enough = broken + cells.odd >= FEWEST_CELLS && broken >= FEWEST_BROKEN
      const foreign = letters.inRuns * 2 > letters.beyond && high >= FEWEST_CELLS
      return (enough && broken >= high * SHARE) || foreign
    },
  }
}
