import type { ProblemPage } from '../../../domain/problems/problem-page.ts'
import { PROBLEMS } from '../../../domain/problems/problem.ts'
import { UPLOAD_PROBLEMS } from '../../../domain/problems/upload-problems.ts'
import type { RejectionPage } from '../../../domain/uploads/rejection-page.ts'
import { REJECTIONS } from '../../../domain/uploads/rejection.ts'

/** The page of a code: of a problem of calls or uploads, or of a row. */
export type ProblemEntry = { code: string; about: 'call' | 'upload' | 'row' } & RejectionPage &
  Partial<Pick<ProblemPage, 'status' | 'title'>>

export const PROBLEM_ENTRIES: readonly ProblemEntry[] = [
  ...Object.entries<ProblemPage>(PROBLEMS).map(([code, page]) => ({
    code,
    about: Object.hasOwn(UPLOAD_PROBLEMS, code) ? ('upload' as const) : ('call' as const),
    ...page,
  })),
  // A code that both tables know is the call's.
  ...Object.entries<RejectionPage>(REJECTIONS)
    .filter(([code]) => !Object.hasOwn(PROBLEMS, code))
    .map(([code, page]) => ({ code, about: 'row' as const, ...page })),
]

const BY_CODE = new Map(PROBLEM_ENTRIES.map((entry) => [entry.code, entry]))

export const findProblemEntry = (code: string): ProblemEntry | undefined => BY_CODE.get(code)

/** Texts between backticks. */
const codeSpans = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/gu)].map(([, code]) => code!)

const named = ({ code, meaning, example, fix }: ProblemEntry): string[] =>
  [meaning, example, fix].flatMap(codeSpans).filter((span) => span !== code && BY_CODE.has(span))

/** `idempotency` of idempotency-key-missing: codes that begin alike are about the same thing. */
const familyOf = ({ code }: ProblemEntry): string => code.split('-', 1)[0]!

/**
 * Codes that the page of this code mentions, codes whose pages mention this one, and its family, in
 * the order of the table.
 */
export const relatedCodes = (entry: ProblemEntry): string[] => {
  const mentions = new Set(named(entry))
  return PROBLEM_ENTRIES.filter(
    (other) =>
      other.code !== entry.code &&
      (mentions.has(other.code) ||
        named(other).includes(entry.code) ||
        familyOf(other) === familyOf(entry)),
  ).map(({ code }) => code)
}
