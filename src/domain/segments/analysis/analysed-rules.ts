import { nodeOf, placedLeavesOf, type PlacedNode, type PlacedRules } from '../placed.ts'
import { createContactSpace, selects, type ContactSpace, type Witness } from './contact-space.ts'
import { BudgetSpent, type Diagram } from './diagram.ts'

/**
 * How a dialect reads an exclusion. `positive` (guide): contacts that fulfil the exclusion are left
 * out. `inverted` (platform): contacts that do not fulfil the exclusion are dialled. The two
 * readings have different results if Genesys treats a comparison with an empty cell as neither true
 * nor false.
 */
export type ExclusionReading = 'positive' | 'inverted'

export type AnalysisTime = { nowMs: number; monotonicMs: () => number }

/**
 * How many nodes one analysis may build, and how long it may take. If a question needs more nodes
 * or time, the finding is `undecided` (docs/segments.md).
 */
export const ANALYSIS_BUDGET = { nodes: 50_000, wholeMs: 150, withPairsMs: 230, pairNodes: 2_000 }

/** A part of the rules, and the contacts that it selects. */
export type Part = { path: string; contacts: Diagram }

export type AnalysedRules = {
  rules: PlacedRules
  space: ContactSpace
  contactsOf(node: PlacedNode): Diagram
  /**
   * An example contact among `contacts` that fulfils all of `inside` and none of `outside`. The
   * evaluator confirms the example. null: no example could be made.
   */
  witness(
    contacts: Diagram,
    inside: readonly PlacedNode[],
    outside?: readonly PlacedNode[],
  ): Witness | null
  time: AnalysisTime
}

/**
 * Puts the rules into one space of contacts, which has one budget for all questions. `nodes`: the
 * most nodes. `endMs`: when the time is up, by `time.monotonicMs`. When the budget is used up, the
 * functions of the result throw `BudgetSpent`. This function itself does not, so it may be called
 * outside `withinBudget`.
 */
export const createAnalysedRules = (
  rules: PlacedRules,
  time: AnalysisTime,
  { nodes, endMs }: { nodes: number; endMs: number },
): AnalysedRules => {
  const space = createContactSpace(
    placedLeavesOf(rules).map(({ leaf }) => leaf),
    {
      nowMs: time.nowMs,
      budget: { nodes, spent: () => time.monotonicMs() > endMs },
    },
  )
  const known = new Map<string, Diagram>()
  const tests = new Map<string, (contact: Witness) => boolean>()
  const testOf = (node: PlacedNode): ((contact: Witness) => boolean) => {
    const before = tests.get(node.path)
    if (before !== undefined) return before
    const test = selects(nodeOf(node), time.nowMs)
    tests.set(node.path, test)
    return test
  }
  return {
    rules,
    space,
    time,
    contactsOf: (node) => {
      const before = known.get(node.path)
      if (before !== undefined) return before
      const contacts = space.contactsOf(nodeOf(node))
      known.set(node.path, contacts)
      return contacts
    },
    witness: (contacts, inside, outside = []) => {
      const [within, without] = [inside.map(testOf), outside.map(testOf)]
      return space.witnessOf(
        contacts,
        (contact) =>
          within.every((test) => test(contact)) && !without.some((test) => test(contact)),
      )
    },
  }
}

/**
 * The paths of some of the parts, chosen so that `enough` is true for them. `enough` must be true
 * for all parts together. No chosen part can be left out, but another choice may have fewer parts.
 */
export const minimalPaths = (
  parts: readonly Part[],
  enough: (contacts: readonly Diagram[]) => boolean,
): string[] => {
  let kept = [...parts]
  for (const part of parts) {
    const fewer = kept.filter((other) => other !== part)
    if (enough(fewer.map(({ contacts }) => contacts))) kept = fewer
  }
  return kept.map(({ path }) => path)
}

/** Runs a step of the analysis. Returns false if the step ended because the budget was used up. */
export const withinBudget = (step: () => void): boolean => {
  try {
    step()
    return true
  } catch (error) {
    if (error instanceof BudgetSpent) return false
    throw error
  }
}

/**
 * The parts that can be left out together without changing the result. At least one part always
 * stays. Searches from the last part to the first. If two parts mean the same, the earlier part
 * therefore stays. Parts for which `keep` is true always stay.
 */
export const idleParts = <T extends Part>(
  { space }: AnalysedRules,
  kind: 'all' | 'any',
  parts: readonly T[],
  keep: (part: T) => boolean,
): T[] => {
  const join = kind === 'all' ? space.and : space.or
  const before = [join([])]
  for (const { contacts } of parts) before.push(join([before.at(-1) as Diagram, contacts]))
  let behind = join([])
  let left = parts.length
  const idle: T[] = []
  for (const [at, part] of [...parts.entries()].toReversed()) {
    const others = join([before[at] as Diagram, behind])
    const changesNothing =
      kind === 'all' ? space.isWithin(others, part.contacts) : space.isWithin(part.contacts, others)
    if (changesNothing && left > 1 && !keep(part)) {
      idle.push(part)
      left -= 1
    } else behind = join([behind, part.contacts])
  }
  return idle
}
