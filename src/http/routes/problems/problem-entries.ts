import type { ProblemPage } from '../../../domain/problems/problem-page.ts'
import { PROBLEMS } from '../../../domain/problems/problem.ts'
import { UPLOAD_PROBLEMS } from '../../../domain/problems/upload-problems.ts'
import type { RejectionPage } from '../../../domain/uploads/rejection-page.ts'
import { REJECTIONS } from '../../../domain/uploads/rejection.ts'

/**
 * What the page of a code shows. `about`: where the code appears. `call`: in the answer to a call,
 * or in the `problem` of a guest file, a segment or a do-not-call submission. `upload`: in the
 * `problem` of an upload. `row`: at a row of an upload.
 */
export type ProblemEntry = { code: string; about: 'call' | 'upload' | 'row' } & RejectionPage &
  Partial<Pick<ProblemPage, 'status' | 'title'>>

export const PROBLEM_ENTRIES: readonly ProblemEntry[] = [
  ...Object.entries<ProblemPage>(PROBLEMS).map(([code, page]) => ({
    code,
    about: Object.hasOwn(UPLOAD_PROBLEMS, code) ? ('upload' as const) : ('call' as const),
    ...page,
  })),
  // A code that is in both tables appears only once, as the code of a call or upload.
  ...Object.entries<RejectionPage>(REJECTIONS)
    .filter(([code]) => !Object.hasOwn(PROBLEMS, code))
    .map(([code, page]) => ({ code, about: 'row' as const, ...page })),
]

const BY_CODE = new Map(PROBLEM_ENTRIES.map((entry) => [entry.code, entry]))

/** The entry of a code of a call, an upload or a row. undefined: there is no such code. */
export const findProblemEntry = (code: string): ProblemEntry | undefined => BY_CODE.get(code)

/** The texts between backticks. */
const codeSpans = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/gu)].map(([, code]) => code!)

const named = ({ code, meaning, example, fix }: ProblemEntry): string[] =>
  [meaning, example, fix].flatMap(codeSpans).filter((span) => span !== code && BY_CODE.has(span))

/**
 * The first word of a code, such as `idempotency`. Codes with the same first word are about the
 * same subject.
 */
const familyOf = ({ code }: ProblemEntry): string => code.split('-', 1)[0]!

/**
 * Related codes, in the order of the table: the codes that this code's texts mention, the codes
 * whose texts mention this code, and the codes with the same first word.
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
