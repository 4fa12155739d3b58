import { unpackSubjects } from '../../domain/uploads/chunk.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'

/**
 * How many columns of `contact_register` hold one subject each. Further subjects of a contact are
 * in an array.
 */
const SLOTS = 3

/**
 * Returns a function that gives the numbers of a row's subjects, each once and in the order of the
 * columns. The register knows a subject by its number: the first eight bytes of its digest.
 */
export const subjectNumbers = (packed: Buffer | null): ((row: number) => readonly string[]) => {
  const byRow = new Map<number, string[]>()
  if (packed === null) return () => []
  const { subjectDigests, subjectRows } = unpackSubjects(packed)
  for (const [index, row] of subjectRows.entries()) {
    const number = String(subjectDigests.readBigInt64BE(index * DIGEST_BYTES))
    const known = byRow.get(row)
    if (known === undefined) byRow.set(row, [number])
    else if (!known.includes(number)) known.push(number)
  }
  return (row) => byRow.get(row) ?? []
}

/**
 * The subjects of contacts in the form of the register's columns: the first three, and the others
 * as the text of an array. null in the first column: the contact has no subject, or its subjects
 * are not known yet.
 */
export const subjectColumns = (
  rows: readonly { subjects: readonly string[] }[],
): (string | null)[][] => {
  const columns: (string | null)[][] = [[], [], [], []]
  for (const { subjects } of rows) {
    for (let slot = 0; slot < SLOTS; slot += 1) columns[slot]!.push(subjects[slot] ?? null)
    columns[SLOTS]!.push(subjects.length > SLOTS ? `{${subjects.slice(SLOTS).join()}}` : null)
  }
  return columns
}
