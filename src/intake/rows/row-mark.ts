import { createDigestBatch } from '../../lib/keyed-digest.ts'

/**
 * The mark of a row in a file to fix. It ties the row to its upload and line and, if the row had a
 * valid contact id, to that id. So it reveals an id that a spreadsheet, or a sort of single
 * columns, has changed. Keyed, so that it reveals nothing of the id. Letters and hyphens make it a
 * text to every spreadsheet.
 */
const MARK = /^r(?<line>\d{1,10})-(?<upload>[a-z0-9]{1,12})-(?<kind>[in])(?<proof>[a-p]{20})$/u
const UPLOAD_CHARS = 12
const PROOF_BYTES = 10
const FIRST_LETTER = 'a'.charCodeAt(0)

/** Half a byte a letter: nothing that could be a number or a word. */
const lettersOf = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) {
    text += String.fromCharCode(FIRST_LETTER + (byte >> 4), FIRST_LETTER + (byte & 0xf))
  }
  return text
}

export type RowMarks = {
  /** `contactId`: null if the row had no valid one. */
  markOf(row: { uploadId: string; line: number; contactId: string | null }): string
  /**
   * Whether the row may have this mark: none at all makes it a new one. False for the mark of
   * another id, and for one that was changed.
   */
  fits(mark: string, contactId: string): boolean
}

/** Marks under a key, which is that of the gateway's digests. */
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
