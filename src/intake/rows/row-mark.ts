import { createDigestBatch } from '../../lib/keyed-digest.ts'

/**
 * The mark that the ledger gives each row. It ties the row to its upload, to its line and, if the
 * contact id is valid, to this id. If the mark of a returned row is tied to an id, it does not fit
 * after a spreadsheet changed this id, or after a person sorted one column alone. The mark is made
 * with a key, so that nobody can guess an id from it. The mark has letters and hyphens, so every
 * spreadsheet reads it as text.
 */
const MARK = /^r(?<line>\d{1,10})-(?<upload>[a-z0-9]{1,12})-(?<kind>[in])(?<proof>[a-p]{20})$/u
const UPLOAD_CHARS = 12
const PROOF_BYTES = 10
const FIRST_LETTER = 'a'.charCodeAt(0)

/**
 * Writes each half of a byte as one letter, from a to p, so that a spreadsheet never reads the text
 * as a number or a date.
 */
const lettersOf = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) {
    text += String.fromCharCode(FIRST_LETTER + (byte >> 4), FIRST_LETTER + (byte & 0xf))
  }
  return text
}

export type RowMarks = {
  /** `contactId`: null if the row had no valid id. */
  markOf(row: { uploadId: string; line: number; contactId: string | null }): string
  /**
   * Whether a row with this contact id may have this mark. A row without a mark is new and is
   * always allowed. A mark that is tied to no id fits every id. False for the mark of another id,
   * and for a mark that was changed.
   */
  fits(mark: string, contactId: string): boolean
}

/** Creates and checks marks. `key`: the key of the gateway's digests. */
export const createRowMarks = (key: Uint8Array): RowMarks => {
  const digests = createDigestBatch(key, 'row-mark')
  const proofOf = (upload: string, line: string, id: string | null): string => {
    digests.add(`${upload}\0${line}\0${id === null ? '' : `i${id}`}`)
    return lettersOf(digests.take().subarray(0, PROOF_BYTES))
  }
  return {
    markOf: ({ uploadId, line, contactId }) => {
      const upload = uploadId
        .toLowerCase()
        .replace(/[^a-z0-9]/gu, '')
        .slice(-UPLOAD_CHARS)
      const proof = proofOf(upload, String(line), contactId)
      return `r${line}-${upload}-${contactId === null ? 'n' : 'i'}${proof}`
    },
    fits: (mark, contactId) => {
      const text = mark.trim()
      if (text === '') return true
      const { line, upload, kind, proof } = MARK.exec(text)?.groups ?? {}
      if (line === undefined || upload === undefined) return false
      return proof === proofOf(upload, line, kind === 'n' ? null : contactId)
    },
  }
}
