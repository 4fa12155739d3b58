import { createNumberOf, MOST_DIGITS, TENS, type Written } from './number-of.ts'

/**
 * Thrown if a registry's file is refused as a whole. `line`: the line of the fault, counted from 1.
 */
export class RegistryFileRefused extends Error {
  override readonly name = 'RegistryFileRefused'
  readonly code: 'registry-country-differs' | 'registry-cut-off' | 'registry-no-numbers'
  readonly line: number
  constructor(code: RegistryFileRefused['code'], line: number, message: string) {
    super(message)
    this.code = code
    this.line = line
  }
}

export type NumberLines = {
  /** The number of lines that are not empty. */
  lines: number
  numbers: number
  /**
   * The number of lines that are not a phone number, such as a header, words, or a number that is
   * too short.
   */
  rejected: number
  /** The first of the `rejected` lines. null: there is none. */
  firstRejectedLine: number | null
}

/**
 * Where a reader is in a file. If the reader is in the middle of a line, the state contains the
 * digits read so far.
 */
export type NumberReaderState = {
  sums: NumberLines
  /** The number of the current line. The first line is 1. */
  line: number
  written: Written
  isWords: boolean
  isEmpty: boolean
}

export type NumberReader = {
  /** Calls `take` with each number whose line is complete. Throws `RegistryFileRefused`. */
  read(piece: Uint8Array): void
  /** Returns a copy of the state. A new reader can continue from this state with the next byte. */
  state(): NumberReaderState
  /** Reads the last line and returns the sums. Throws `RegistryFileRefused`. */
  end(): NumberLines
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const ZERO = 48
const NINE = 57
const PLUS = 43
const COMMA = 44

/**
 * For each byte value, 1 if the byte may be between digits and has no meaning there. Therefore
 * `201,5550100` (a form of the FTC's file) and `(201) 555-0100` are one number each.
 */
const SILENT = new Uint8Array(256)
for (const byte of Buffer.from(' \t,;.-()/"\r')) SILENT[byte] = 1
/** The bytes of a byte order mark have no meaning either. */
for (const byte of [0xef, 0xbb, 0xbf]) SILENT[byte] = 1

/**
 * How many digits fit in a signed number of 32 bits. This many digits are read at a time with fast
 * integer arithmetic.
 */
const DIGITS_AT_ONCE = 9

/**
 * Reads digits and commas, beginning at `from`, into `written`. Returns the position of the first
 * other byte.
 */
const readDigits = (piece: Uint8Array, from: number, written: Written): number => {
  let at = from
  let digits = 0
  let zeros = 0
  let head = 0
  let tail = 0
  for (; at < piece.length; at += 1) {
    const digit = piece[at]! - ZERO
    if (digit >= 0 && digit <= 9) {
      if (digit === 0 && zeros === digits) zeros += 1
      if (digits < DIGITS_AT_ONCE) head = (head * 10 + digit) | 0
      else tail = (tail * 10 + digit) | 0
      digits += 1
    } else if (piece[at] !== COMMA) break
  }
  const isLong = digits > DIGITS_AT_ONCE && digits <= MOST_DIGITS
  written.value = isLong ? head * TENS[digits - DIGITS_AT_ONCE]! + tail : head
  written.digits = digits
  written.zeros = zeros
  return at
}

/**
 * Reads the line that begins at `from` into `written`, if the line is plain: only digits and
 * commas, with or without a plus before them. Almost all lines of a registry are plain. Returns the
 * start of the next line. -1: the line has another character, no digit or too many digits, or does
 * not end in this piece.
 */
const readPlainLine = (piece: Uint8Array, from: number, written: Written): number => {
  written.plus = piece[from] === PLUS
  let at = readDigits(piece, written.plus ? from + 1 : from, written)
  if (piece[at] === CARRIAGE_RETURN) at += 1
  const { digits } = written
  return piece[at] === LINE_FEED && digits > 0 && digits <= MOST_DIGITS ? at + 1 : -1
}

/**
 * Reads plain lines one after another, and calls `take` after each line. Returns the start of the
 * first line that is not plain, or the end of the piece.
 */
const readPlainLines = (
  piece: Uint8Array,
  from: number,
  written: Written,
  take: () => void,
): number => {
  let at = from
  while (at < piece.length) {
    const next = readPlainLine(piece, at, written)
    if (next < 0) break
    take()
    at = next
  }
  clearWritten(written)
  return at
}

const clearWritten = (written: Written): void => {
  written.value = 0
  written.digits = 0
  written.zeros = 0
  written.plus = false
}

/** Counts the lines and judges each. Throws `RegistryFileRefused`. */
const createTally = (country: string, take: (number: number) => void, sums: NumberLines) => {
  const numberOf = createNumberOf(country)
  return {
    sums,
    /**
     * Judges a line. Returns false if the line is not a phone number. `written: null`: the line
     * contains words.
     */
    line: (line: number, written: Written | null): boolean => {
      sums.lines += 1
      const isNone = written === null || written.digits > MOST_DIGITS + 2
      const number = isNone ? null : numberOf(written)
      if (number === 'differs') {
        const message = `The number in line ${line} does not belong to ${country}.`
        throw new RegistryFileRefused('registry-country-differs', line, message)
      }
      if (number === null) {
        sums.rejected += 1
        sums.firstRejectedLine ??= line
        return false
      }
      sums.numbers += 1
      take(number)
      return true
    },
    end: (): NumberLines => {
      if (sums.numbers > 0) return sums
      const message = `No line of the file has a number of ${country}.`
      throw new RegistryFileRefused('registry-no-numbers', sums.firstRejectedLine ?? 1, message)
    },
  }
}

const AT_THE_START: NumberReaderState = {
  sums: { lines: 0, numbers: 0, rejected: 0, firstRejectedLine: null },
  line: 1,
  written: { value: 0, digits: 0, zeros: 0, plus: false },
  isWords: false,
  isEmpty: true,
}

/**
 * Reads a registry's file as it streams in. Each line has one number, national or with the country
 * code, plain or in the FTC's form. `from`: the state of an earlier reader, from which this reader
 * continues.
 */
export const createNumberReader = (
  country: string,
  take: (number: number) => void,
  from: NumberReaderState = AT_THE_START,
): NumberReader => {
  const tally = createTally(country, take, { ...from.sums })
  const written: Written = { ...from.written }
  let { line, isWords, isEmpty } = from

  const clear = (): void => {
    clearWritten(written)
    isWords = false
    isEmpty = true
  }
  const other = (byte: number): void => {
    if (byte === LINE_FEED) {
      if (!isEmpty) tally.line(line, isWords ? null : written)
      clear()
      line += 1
    } else if (byte === PLUS && written.digits === 0 && !written.plus) {
      written.plus = true
      isEmpty = false
    } else if (SILENT[byte] === 0) {
      isWords = true
      isEmpty = false
    } else if (byte !== CARRIAGE_RETURN && byte < 128) {
      isEmpty &&= byte === 32 || byte === 9
    }
  }
  const takePlain = (): void => {
    tally.line(line, written)
    line += 1
  }
  return {
    read: (piece) => {
      for (let at = 0; at < piece.length; at += 1) {
        if (isEmpty) at = readPlainLines(piece, at, written, takePlain)
        if (at === piece.length) return
        const byte = piece[at]!
        if (byte < ZERO || byte > NINE) {
          other(byte)
          continue
        }
        if (byte === ZERO && written.zeros === written.digits) written.zeros += 1
        written.digits += 1
        if (written.digits <= MOST_DIGITS + 2) written.value = written.value * 10 + (byte - ZERO)
        isEmpty = false
      }
    },
    state: () => ({ sums: { ...tally.sums }, line, written: { ...written }, isWords, isEmpty }),
    end: () => {
      if (!isEmpty && !tally.line(line, isWords ? null : written) && !isWords) {
        const message = `The file ends in the middle of line ${line}.`
        throw new RegistryFileRefused('registry-cut-off', line, message)
      }
      return tally.end()
    },
  }
}
