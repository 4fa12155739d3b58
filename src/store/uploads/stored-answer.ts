import type { KeyScope, Seals } from '../homes/seals.ts'

/** The answer of a call as its key keeps it. `same_file_as` is the id that belongs into the middle of a body that was sealed in two parts. */
export type AnswerColumns = { sealed_body: Buffer; same_file_as: string | null }

/** Of a body in the middle of which stands an id that only the database will know. */
export const sealSplitAnswer = (
  seals: Seals,
  scope: KeyScope,
  parts: readonly [string, string],
): Buffer => seals.sealAnswer(scope, JSON.stringify(parts))

/** The body as it was answered. */
export const openAnswer = (seals: Seals, scope: KeyScope, row: AnswerColumns): string => {
  const opened = seals.openAnswer(scope, row.sealed_body)
  if (row.same_file_as === null) return opened
  const [before, after] = JSON.parse(opened) as [string, string]
  return `${before}${row.same_file_as}${after}`
}
