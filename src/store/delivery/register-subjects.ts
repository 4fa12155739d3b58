import { unpackSubjects } from '../../domain/uploads/chunk.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'

/**
 * How many columns of `contact_register` hold one subject each. Further subjects are in an array.
 */
const SLOTS = 3

/**
 * The numbers of a row's subjects, by which registers know them: of each digest the first eight
 * bytes. Each once, in the order of the columns.
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
 * The subjects of contacts as the register's columns have them: three, and any others as the text
 * of an array. Null: none, or not made yet.
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
