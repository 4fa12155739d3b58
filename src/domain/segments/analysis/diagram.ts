/** Thrown when the budget of the analysis is used up. The operation then has no result. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent'
}

/** A diagram, identified by a number. 0 is false, 1 is true, and a larger number is a node. */
export type Diagram = number
export const NEVER: Diagram = 0
export const ALWAYS: Diagram = 1

type Node = { level: number; children: readonly Diagram[] }

/**
 * Decision diagrams over variables with several values. Two diagrams mean the same if, and only if,
 * they have the same number.
 */
export type Diagrams = {
  /**
   * The diagram that tests the variable of `level`, and continues with the child for the variable's
   * value.
   */
  node(level: number, children: readonly Diagram[]): Diagram
  and(one: Diagram, other: Diagram): Diagram
  or(one: Diagram, other: Diagram): Diagram
  not(diagram: Diagram): Diagram
  /** Whether both diagrams can be true at the same time. Builds no diagram. */
  meet(one: Diagram, other: Diagram): boolean
  /**
   * Values of variables, by level, for which the diagram is true. Levels that do not matter are
   * left out. null: the diagram is never true.
   */
  wayToTrue(diagram: Diagram): Map<number, number> | null
  /** Counts steps of other work for the same budget. */
  spend(steps: number): void
}

export type DiagramBudget = { nodes: number; spent: () => boolean }

/** The clock is read again after this many steps. A step looks at one child of a node. */
const STEPS_BETWEEN_LOOKS = 1_024

const firstTrue = (children: readonly Diagram[]): number =>
  children.indexOf(ALWAYS) >= 0
    ? children.indexOf(ALWAYS)
    : children.findIndex((child) => child !== NEVER)

type Store = { at(diagram: Diagram): Node; node: Diagrams['node']; spend(steps: number): void }

const createStore = (budget: DiagramBudget): Store => {
  const leaf = { level: Infinity, children: [] }
  const nodes: Node[] = [leaf, leaf]
  const known = new Map<string, Diagram>()
  let steps = 0
  const spend = (more: number): void => {
    steps += more
    if (nodes.length > budget.nodes) throw new BudgetSpent()
    if (steps < STEPS_BETWEEN_LOOKS) return
    steps = 0
    if (budget.spent()) throw new BudgetSpent()
  }
  return {
    spend,
    at: (diagram) => nodes[diagram] as Node,
    node: (level, children) => {
      spend(children.length)
      const [first = NEVER] = children
      if (children.every((child) => child === first)) return first
      const key = `${level}:${children.join(',')}`
      const before = known.get(key)
      if (before !== undefined) return before
      nodes.push({ level, children })
      known.set(key, nodes.length - 1)
      return nodes.length - 1
    },
  }
}

/**
 * Combines two diagrams. `ends`: the operand that decides alone (false for `and`). `passes`: the
 * operand that changes nothing (true for `and`).
 */
const createMerge = ({ at, node }: Store, ends: Diagram, passes: Diagram) => {
  const done = new Map<number, Diagram>()
  const merge = (one: Diagram, other: Diagram): Diagram => {
    if (one === ends || other === ends) return ends
    if (one === passes || one === other) return other
    if (other === passes) return one
    const key = Math.min(one, other) * 2 ** 24 + Math.max(one, other)
    const before = done.get(key)
    if (before !== undefined) return before
    const [a, b] = [at(one), at(other)]
    const level = Math.min(a.level, b.level)
    const width = (a.level === level ? a : b).children.length
    const children = Array.from({ length: width }, (_, value) =>
      merge(
        a.level === level ? (a.children[value] as Diagram) : one,
        b.level === level ? (b.children[value] as Diagram) : other,
      ),
    )
    const merged = node(level, children)
    done.set(key, merged)
    return merged
  }
  return merge
}

const createNot = ({ at, node }: Store) => {
  const done = new Map<Diagram, Diagram>([
    [NEVER, ALWAYS],
    [ALWAYS, NEVER],
  ])
  const not = (diagram: Diagram): Diagram => {
    const before = done.get(diagram)
    if (before !== undefined) return before
    const { level, children } = at(diagram)
    const negated = node(level, children.map(not))
    done.set(diagram, negated)
    done.set(negated, diagram)
    return negated
  }
  return not
}

const createMeet = ({ at, spend }: Store) => {
  const done = new Map<number, boolean>()
  const meet = (one: Diagram, other: Diagram): boolean => {
    if (one === NEVER || other === NEVER) return false
    if (one === ALWAYS || other === ALWAYS || one === other) return true
    const key = Math.min(one, other) * 2 ** 24 + Math.max(one, other)
    const before = done.get(key)
    if (before !== undefined) return before
    const [a, b] = [at(one), at(other)]
    const level = Math.min(a.level, b.level)
    const wide = a.level === level ? a : b
    spend(wide.children.length)
    const met = wide.children.some((child, value) =>
      a.level === b.level
        ? meet(child, b.children[value] as Diagram)
        : meet(child, wide === a ? other : one),
    )
    done.set(key, met)
    return met
  }
  return meet
}

/** Every operation except `wayToTrue` can throw `BudgetSpent`, when the budget is used up. */
export const createDiagrams = (budget: DiagramBudget): Diagrams => {
  const store = createStore(budget)
  return {
    node: store.node,
    and: createMerge(store, NEVER, ALWAYS),
    or: createMerge(store, ALWAYS, NEVER),
    not: createNot(store),
    meet: createMeet(store),
    spend: store.spend,
    wayToTrue: (diagram) => {
      if (diagram === NEVER) return null
      const way = new Map<number, number>()
      let here = diagram
      while (here !== ALWAYS) {
        const { level, children } = store.at(here)
        const value = firstTrue(children)
        way.set(level, value)
        here = children[value] as Diagram
      }
      return way
    },
  }
}
