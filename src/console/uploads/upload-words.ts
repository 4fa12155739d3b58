import { PROBLEMS, type ProblemCode } from '../../domain/problems/problem.ts'
import { type RejectionCode, REJECTIONS } from '../../domain/uploads/rejection.ts'
import { uploadWarnings, type UploadWarning } from '../../domain/uploads/upload-warnings.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import { ENGLISH } from '../texts/texts.ts'

/** The text for a code: what the code means, and what the operator does next. */
export type CodeWords = { code: string; what: string; next: string }

type Own = Partial<Record<string, { what: string; next: string }>>

const wordsOf = (
  code: string,
  own: Own,
  known: { what: string; next: string } | null,
): CodeWords => ({
  code,
  ...(own[code] ?? known ?? { what: ENGLISH.codes.unknown, next: ENGLISH.codes.unknownNext }),
})

/**
 * The text for the code of a row. If the text of the API is about API calls, the console has a
 * separate text.
 */
export const rowCodeWords = (code: string): CodeWords => {
  const page = Object.hasOwn(REJECTIONS, code) ? REJECTIONS[code as RejectionCode] : null
  return wordsOf(code, ENGLISH.codes.rows, page && { what: page.meaning, next: page.fix })
}

/** The text for the `problem` of an upload. */
export const uploadProblemWords = (code: string): CodeWords => {
  const page = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as ProblemCode] : null
  const known = page && { what: page.title, next: page.fix }
  return wordsOf(code, ENGLISH.codes.uploads, known)
}

/** The warnings of an upload, each with its text. */
export const warningWords = (upload: Upload): (UploadWarning & { words: string })[] =>
  uploadWarnings(upload).map((warning) => ({
    ...warning,
    words: (ENGLISH.codes.warnings as Record<string, string>)[warning.code] ?? warning.detail,
  }))
