import { NUMBER_LIMIT_STEPS, otherSpelling, spellNumber, stepsOf } from '../cell-number.ts'
import type { Leaf, Literal } from '../segment.ts'
import { isOpaque } from './opaque-leaves.ts'

/**
 * Cells of one column that no exact comparison of a definition can distinguish, with one of them as
 * the sample. `fixed`: the class is this one cell alone, so that even a text operator's answer is
 * known.
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

const bySize = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0)

/** A number strictly between the two, spelled as none of `taken`. null when there is none. */
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
 * Plain words first; a sample that fulfils no text operator makes a witness that holds more often.
 */
const OTHER_TEXTS = ['other', 'x', 'q', '~', '·']

/** A cell that is neither empty, nor a number, nor one of `taken`. */
const otherText = (leaves: readonly Leaf[], taken: ReadonlySet<string>): string => {
  const parts = leaves.filter(isOpaque).map((leaf) => String(leaf.value))
  let sample = OTHER_TEXTS.find((text) => !parts.some((part) => text.includes(part))) ?? 'other'
  while (taken.has(sample)) sample += '~'
  return sample
}

/**
 * Every possible cell of a column falls into exactly one of these classes: empty, each text of a
 * literal, each number of a literal in another spelling, the numbers between two of them, any other
 * text.
 */
export const cellClassesOf = (leaves: readonly Leaf[]): CellClass[] => {
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
