import { NUMBER_LIMIT_STEPS, otherSpelling, spellNumber, stepsOf } from '../cell-number.ts'
import type { Leaf, Literal } from '../segment.ts'
import { isOpaque } from './opaque-leaves.ts'

/**
 * Cells of one column that no exact comparison of the definition can distinguish. `sample`: one of
 * these cells. `fixed`: the class has only this cell, so a text operator also has only one result
 * for the class.
 */
export type CellClass = {
  kind: 'empty' | 'exact' | 'number' | 'text'
  sample: string
  fixed: boolean
}

const literalsOf = (leaf: Leaf): Literal[] => {
  if (leaf.operator === 'in') return [...leaf.values]
  if (leaf.operator === 'between') return [leaf.min, leaf.max].filter((end) => end !== undefined)
  return [leaf.value]
}

/** Making the examples of two classes takes about as long as this many steps of a diagram. */
const STEPS_A_BOUND = 32

const bySize = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0)

/**
 * A number strictly between the two bounds, in a spelling that is not in `taken`. null: none was
 * found.
 */
const sampleBetween = (above: bigint, below: bigint, taken: ReadonlySet<string>): string | null => {
  const middle = above + (below - above) / 2n
  for (let tries = 0n; tries <= BigInt(taken.size); tries += 1n) {
    for (const steps of [middle + tries, middle - tries]) {
      if (steps <= above || steps >= below) continue
      const sample = otherSpelling(steps, taken)
      if (sample !== null) return sample
    }
  }
  return null
}

/**
 * Simple texts come first. The first text that fulfils no text operator is used, because an example
 * contact with such a text is correct more often.
 */
const OTHER_TEXTS = ['other', 'x', 'q', '~', '·']

/** An example cell that is not empty, not a number and not in `taken`. */
const otherText = (leaves: readonly Leaf[], taken: ReadonlySet<string>): string => {
  const parts = leaves.filter(isOpaque).map((leaf) => String(leaf.value))
  let sample = OTHER_TEXTS.find((text) => !parts.some((part) => text.includes(part))) ?? 'other'
  while (taken.has(sample)) sample += '~'
  return sample
}

/**
 * The classes of a column's cells. Each possible cell is in exactly one class:
 * - the empty cell
 * - for each literal that is a text: the cell with exactly this text
 * - for each literal that is a number: the cells with this number, in any spelling
 * - for each range of numbers below, between and above these literals: the cells with a number in
 *   the range. If no literal is a number, there is one such class for all numbers.
 * - the cells with any other text
 *
 * A text literal may spell a number. The cell with this spelling is then only in the class of the
 * text.
 *
 * `spend` is called for each literal, because there may be tens of thousands. It may throw.
 */
export const cellClassesOf = (
  leaves: readonly Leaf[],
  spend: (steps: number) => void,
): CellClass[] => {
  const literals = leaves.flatMap(literalsOf)
  const texts = new Set(literals.filter((literal) => typeof literal === 'string'))
  const cuts = [
    ...new Set(
      literals
        .filter((literal) => typeof literal === 'number')
        .map((literal) => stepsOf(spellNumber(literal) ?? '') ?? 0n),
    ),
  ].toSorted(bySize)
  const bounds = [-NUMBER_LIMIT_STEPS, ...cuts, NUMBER_LIMIT_STEPS]
  const numbers = bounds.slice(1).flatMap((bound, at) => {
    spend(STEPS_A_BOUND)
    const between = sampleBetween(bounds[at] as bigint, bound, texts)
    const exact = at < cuts.length ? otherSpelling(bound, texts) : null
    return [between, exact].filter((sample) => sample !== null)
  })
  return [
    { kind: 'empty', sample: '', fixed: true },
    ...[...texts].map((text): CellClass => ({ kind: 'exact', sample: text, fixed: true })),
    ...numbers.map((sample): CellClass => ({ kind: 'number', sample, fixed: false })),
    { kind: 'text', sample: otherText(leaves, texts), fixed: false },
  ]
}
