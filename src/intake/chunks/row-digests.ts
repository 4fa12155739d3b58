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
   * Adds a phone in E.164, or an email of ASCII characters. `row`: the index of the row in the
   * chunk.
   */
  addSubject(row: number, view: DataView, from: number, to: number): void
  addSubjectText(row: number, subject: string): void
  /**
   * Returns the digests of everything added since the last call, in order. Each digest equals the
   * result of `keyedDigest`. Phones and emails are digested in the form of `subjectOf`.
   */
  take(): ChunkDigests
}

const PLUS = 0x2b
const AT_SIGN = 0x40
const FIRST_CAPITAL = 0x41
const LAST_CAPITAL = 0x5a
const TO_SMALL = 0x20
const LONGEST_ADDRESS = 254

/**
 * The position of the first capital letter before the @. -1: there is none. The address then
 * already has the form of `subjectOf`.
 */
const firstCapital = (view: DataView, from: number, to: number): number => {
  for (let at = from; at < to; at += 1) {
    const byte = view.getUint8(at)
    if (byte === AT_SIGN) return -1
    if (byte >= FIRST_CAPITAL && byte <= LAST_CAPITAL) return at
  }
  return -1
}

const ZERO = 0x30
const NINE = 0x39

/** The digits of a phone in E.164 as a number. */
const numberIn = (view: DataView, from: number, to: number): number => {
  let number = 0
  for (let at = from + 1; at < to; at += 1) {
    const byte = view.getUint8(at)
    if (byte < ZERO || byte > NINE) break
    number = number * 10 + (byte - ZERO)
  }
  return number
}

export const createRowDigests = (key: Uint8Array): RowDigests => {
  const ids = createDigestBatch(key)
  const subjects = createDigestBatch(key)
  const scratch = new DataView(new ArrayBuffer(LONGEST_ADDRESS + DIGEST_SLACK_BYTES))
  let rows: number[] = []
  let numbers: number[] = []

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
    addSubject: (row, view, from, to) => {
      rows.push(row)
      const isPhone = view.getUint8(from) === PLUS
      numbers.push(isPhone ? numberIn(view, from, to) : 0)
      if (isPhone || firstCapital(view, from, to) < 0) subjects.addBytes(view, from, to)
      else addFolded(view, from, to)
    },
    addSubjectText: (row, subject) => {
      rows.push(row)
      numbers.push(numberOfSubject(subject))
      subjects.add(subjectOf(subject))
    },
    take: () => {
      const subjectRows = Uint16Array.from(rows)
      const subjectNumbers = Float64Array.from(numbers)
      rows = []
      numbers = []
      return { idDigests: ids.take(), subjectDigests: subjects.take(), subjectRows, subjectNumbers }
    },
  }
}
