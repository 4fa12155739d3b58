import { comparedName, nameLikeness } from './column-similarity.ts'

/**
 * From this confidence on, a proposal is applied without asking, if no other one competes with it.
 */
export const APPLIED_FROM = 0.9
/** Of more pairs of names none is compared letter by letter. */
const MOST_PAIRS = 20_000

export type Proposal = { column: string; proposedFor: string; confidence: number }

/**
 * The likely places of a file's columns that have none, and the columns of the list without a
 * source.
 */
export type Proposals = {
  /** Certain enough, and each the only one for both of its sides. */
  applied: Proposal[]
  /**
   * Of the columns that are still without a place, the likeliest first; for the caller to decide.
   */
  open: Proposal[]
}

const countBy = (proposals: readonly Proposal[], side: 'column' | 'proposedFor') => {
  const counts = new Map<string, number>()
  for (const { [side]: name } of proposals) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/**
 * Two columns of a file that are likely the same column of the list are never decided here.
 * Deterministic: by names alone.
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
  // A sort of equals keeps their order: that of the file, then that of the list.
  return { applied, open: open.toSorted((a, b) => b.confidence - a.confidence) }
}

/**
 * The option `mapping` with the likeliest proposals added to what the caller gave, ready to be
 * checked and sent back. Each column of the list appears once. A column of the file is null if
 * others took its likely places.
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
