import { numberOfSubject, subjectOf } from '../../domain/do-not-call/subject.ts'
import { createDigestBatch, DIGEST_SLACK_BYTES } from '../../lib/keyed-digest.ts'

export type ChunkDigests = {
  idDigests: Buffer
  subjectDigests: Buffer
  subjectRows: Uint16Array
  subjectNumbers: Float64Array
}

/**
 * Gathers the contact ids, phones and emails of accepted rows and digests them together. A separate
 * call of the hash for each row would cost more than all other work on the row.
 */
export type RowDigests = {
  /**
   * Adds the id in `view` from `from` to `to`. Some spare bytes must follow the id (see
   * `DigestBatch.addBytes`).
   */
  addId(view: DataView, from: number, to: number): void
  /**
   * Adds a phone in E.164. `row`: the index of the row in the chunk. The same spare bytes must
   * follow the phone. The same applies to `addEmail`.
   */
  addPhone(row: number, view: DataView, from: number, to: number): void
  /** Adds an email of ASCII characters. */
  addEmail(row: number, view: DataView, from: number, to: number): void
  /** Adds a phone in E.164 or an email, of any characters. */
  addSubjectText(row: number, subject: string): void
  /**
   * Returns the digests of everything added since the last call, in order. Each digest equals the
   * result of `keyedDigest`. Phones and emails are digested in the form of `subjectOf`.
   */
  take(): ChunkDigests
}

const FIRST_CAPITAL = 0x41
const LAST_CAPITAL = 0x5a
const TO_SMALL = 0x20
const LONGEST_ADDRESS = 254
/**
 * Each has the same byte four times, so that one addition compares four characters. After the
 * addition, the highest bit of a byte is set if the character is `A` or greater (`UP_TO_A`), or if
 * the character is greater than `Z` (`UP_TO_Z`).
 */
const UP_TO_A = 0x3f3f3f3f
const UP_TO_Z = 0x25252525
const HIGHEST_BITS = 0x80808080

/** Whether the ASCII text has a capital letter. Some spare bytes must follow it. */
const hasCapital = (view: DataView, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 4) {
    const four = view.getInt32(at, true)
    const left = to - at
    const text = left < 4 ? four & ((1 << (left * 8)) - 1) : four
    if (((text + UP_TO_A) & ~(text + UP_TO_Z) & HIGHEST_BITS) !== 0) return true
  }
  return false
}

const ZERO = 0x30
const LAST_DIGITS = 8

const digitsIn = (view: DataView, from: number, to: number): number => {
  let number = 0
  for (let at = from; at < to; at += 1) number = Math.imul(number, 10) + view.getUint8(at) - ZERO
  return number
}

/**
 * The digits of a phone in E.164 as a number. Two integers of 32 bits are much faster than one
 * number of 15 digits.
 */
const numberIn = (view: DataView, from: number, to: number): number => {
  const middle = Math.max(from + 1, to - LAST_DIGITS)
  return digitsIn(view, from + 1, middle) * 10 ** LAST_DIGITS + digitsIn(view, middle, to)
}

const SOME_SUBJECTS = 16

/** The rows and the numbers of the digests of a chunk. */
const createOwners = () => {
  let rows = new Uint16Array(SOME_SUBJECTS)
  let numbers = new Float64Array(SOME_SUBJECTS)
  let used = 0
  const grow = (): void => {
    const [smallerRows, smallerNumbers] = [rows, numbers]
    rows = new Uint16Array(used * 2)
    rows.set(smallerRows)
    numbers = new Float64Array(used * 2)
    numbers.set(smallerNumbers)
  }
  return {
    add: (row: number, number: number): void => {
      if (used === rows.length) grow()
      rows[used] = row
      numbers[used] = number
      used += 1
    },
    take: () => {
      const taken = {
        subjectRows: rows.slice(0, used),
        subjectNumbers: numbers.slice(0, used),
      }
      used = 0
      return taken
    },
  }
}

/**
 * Makes an empty collection. One collection serves all chunks of a file, one after the other.
 * `key`: the digest key of the store.
 */
export const createRowDigests = (key: Uint8Array): RowDigests => {
  const ids = createDigestBatch(key)
  const subjects = createDigestBatch(key)
  const owners = createOwners()
  const scratch = new DataView(new ArrayBuffer(LONGEST_ADDRESS + DIGEST_SLACK_BYTES))

  const addFolded = (view: DataView, from: number, to: number): void => {
    for (let at = from; at < to; at += 1) {
      const byte = view.getUint8(at)
      const isCapital = byte >= FIRST_CAPITAL && byte <= LAST_CAPITAL
      scratch.setUint8(at - from, isCapital ? byte + TO_SMALL : byte)
    }
    subjects.addBytes(scratch, 0, to - from)
  }
  return {
    addId: ids.addBytes,
    addPhone: (row, view, from, to) => {
      owners.add(row, numberIn(view, from, to))
      subjects.addBytes(view, from, to)
    },
    addEmail: (row, view, from, to) => {
      owners.add(row, 0)
      if (hasCapital(view, from, to)) addFolded(view, from, to)
      else subjects.addBytes(view, from, to)
    },
    addSubjectText: (row, subject) => {
      owners.add(row, numberOfSubject(subject))
      subjects.add(subjectOf(subject))
    },
    take: () => ({
      idDigests: ids.take(),
      subjectDigests: subjects.take(),
      ...owners.take(),
    }),
  }
}
