import { comparedName, nameLikeness } from './column-similarity.ts'

/**
 * The gateway may apply a proposal with at least this confidence without a confirmation. Condition:
 * no other proposal with at least this confidence has the same column of the file or the same
 * column of the list.
 */
export const APPLIED_FROM = 0.9
/**
 * If there are more pairs of names than this, no pair is compared letter by letter. That comparison
 * would take too long.
 */
const MOST_PAIRS = 20_000

export type Proposal = { column: string; proposedFor: string; confidence: number }

/**
 * Proposals for the columns of the file that have no place. The candidates are the columns of the
 * list that no column of the file fills.
 */
export type Proposals = {
  /** Proposals that are certain enough and do not conflict. */
  applied: Proposal[]
  /**
   * Proposals for the columns that still have no place, the most likely first. The caller must
   * decide.
   */
  open: Proposal[]
}

const countBy = (proposals: readonly Proposal[], side: 'column' | 'proposedFor') => {
  const counts = new Map<string, number>()
  for (const { [side]: name } of proposals) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/**
 * Proposes places from the names of the columns alone, so the same names always give the same
 * result. If two proposals that are certain enough have the same column of the file or the same
 * column of the list, neither is applied.
 */
export const proposeColumns = (
  columns: readonly string[],
  listColumns: readonly string[],
): Proposals => {
  const letters = columns.length * listColumns.length <= MOST_PAIRS
  const all: Proposal[] = []
  const targets = listColumns.map((name) => ({ proposedFor: name, target: comparedName(name) }))
  for (const column of columns) {
    const compared = comparedName(column)
    for (const { proposedFor, target } of targets) {
      const confidence = nameLikeness(compared, target, letters)
      if (confidence > 0) all.push({ column, proposedFor, confidence })
    }
  }
  const certain = all.filter(({ confidence }) => confidence >= APPLIED_FROM)
  const ofColumn = countBy(certain, 'column')
  const ofTarget = countBy(certain, 'proposedFor')
  const applied = certain.filter(
    ({ column, proposedFor }) => ofColumn.get(column) === 1 && ofTarget.get(proposedFor) === 1,
  )
  const placed = new Set(applied.map(({ column }) => column))
  const filled = new Set(applied.map(({ proposedFor }) => proposedFor))
  const open = all.filter(
    ({ column, proposedFor }) => !placed.has(column) && !filled.has(proposedFor),
  )
  // Sorting keeps the order of equal proposals: the order of the file, then the order of the list.
  return { applied, open: open.toSorted((a, b) => b.confidence - a.confidence) }
}

/**
 * The caller's option `mapping`, completed with the most likely proposals. The caller checks this
 * mapping and sends it back. Each column of the list is proposed at most once. If all likely places
 * of a column are already used, its value is null.
 */
export const mappingOf = (
  open: readonly Proposal[],
  given: Readonly<Record<string, string | null>>,
): Record<string, string | null> => {
  const mapping = new Map(Object.entries(given))
  const taken = new Set<string | null>()
  for (const { column, proposedFor } of open) {
    if (mapping.has(column) || taken.has(proposedFor)) continue
    mapping.set(column, proposedFor)
    taken.add(proposedFor)
  }
  for (const { column } of open) if (!mapping.has(column)) mapping.set(column, null)
  return Object.fromEntries(mapping)
}
