import type { PlacedNode } from '../placed.ts'
import type { Leaf } from '../segment.ts'
import type { SplitRule } from '../split-rules.ts'
import { cellIn, selects, type Witness } from './contact-space.ts'

/** Whether a contact is dialled. */
export type TwoReadings = {
  /** As docs/segments.md says: a comparison with an empty cell is true or false. */
  usual(contact: Witness): boolean
  /** As a database would decide: a comparison with an empty cell is neither true nor false. */
  doubting(contact: Witness): boolean
}

/** Evaluates the rules for single contacts. `nowMs`: the time from which relative times count. */
export const createTwoReadings = (sent: readonly SplitRule[], nowMs: number): TwoReadings => {
  const tests = new Map<Leaf, (contact: Witness) => boolean>()
  const testOf = (leaf: Leaf): ((contact: Witness) => boolean) => {
    const test = tests.get(leaf) ?? selects(leaf, nowMs)
    tests.set(leaf, test)
    return test
  }
  /** null: neither true nor false. */
  const truthOf = (node: PlacedNode, contact: Witness, isDoubting: boolean): boolean | null => {
    if (node.kind === 'leaf') {
      const isEmpty = (cellIn(contact, node.leaf.attribute) ?? '') === ''
      return isDoubting && isEmpty ? null : testOf(node.leaf)(contact)
    }
    if (node.kind === 'not') {
      const inner = truthOf(node.child, contact, isDoubting)
      return inner === null ? null : !inner
    }
    const decides = node.kind === 'any'
    const children = node.children.map((child) => truthOf(child, contact, isDoubting))
    if (children.includes(decides)) return decides
    return children.includes(null) ? null : !decides
  }
  const reading = (isDoubting: boolean) => (contact: Witness) =>
    sent.every(
      ({ action, node }) =>
        (truthOf(node, contact, isDoubting) === true) === (action === 'include'),
    )
  return { usual: reading(false), doubting: reading(true) }
}
