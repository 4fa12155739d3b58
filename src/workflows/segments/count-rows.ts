import type { SegmentFinding } from '../../domain/segments/analysis/finding.ts'
import type {
  CampaignSegment,
  SegmentChange,
  SegmentMatches,
} from '../../domain/segments/campaign-segment.ts'
import { predicateOf, selectionOf, type Predicate } from '../../domain/segments/evaluate.ts'
import {
  nodeOf,
  placeRules,
  withDescendants,
  type PlacedRules,
} from '../../domain/segments/placed.ts'
import type { Leaf } from '../../domain/segments/segment.ts'
import type {
  DeliveredContact,
  DeliveredContacts,
  SuppressedAmong,
} from '../ports/segments/segments.ts'

/**
 * If there are more contacts than this, a random sample is counted. Each contact has the same
 * chance to be in the sample.
 */
const MOST_CONTACTS = 200_000
/** The most pairs of overlapping rules of which the shared contacts are counted. */
const MOST_OVERLAPS = 20

export type Counted = { matches: SegmentMatches | null; change: SegmentChange | null }

export type RowsToCount = {
  tenantId: string
  contactListIds: readonly string[]
  rules: PlacedRules
  /**
   * All exclusions from SEGMENT_EXCLUSIONS, including exclusions on columns that a list does not
   * have.
   */
  house: readonly Leaf[]
  findings: readonly SegmentFinding[]
  inForce: CampaignSegment | null
  nowMs: number
  suppressedAmong: SuppressedAmong
}

type Tally = {
  total: number
  selected: number
  included: number
  removed: number[]
  overlaps: number[]
  enter: number
  leave: number
  /**
   * About the contacts that would enter. `marked`: how many match an exclusion of `house`.
   * `unmarked`: by list, the numbers and addresses of each other contact, to be looked up in
   * do-not-call entries and registries.
   */
  marked: number
  unmarked: Map<string, (readonly string[])[]>
}

type Pair = { path: string; otherPath: string; both: Predicate }

const pairsOf = ({ rules, findings, nowMs }: RowsToCount): Pair[] => {
  const nodes = [rules.conditions, ...rules.exclusions].filter((node) => node !== null)
  const byPath = new Map(nodes.flatMap(withDescendants).map((node) => [node.path, node]))
  return findings
    .filter(({ code }) => code === 'overlap')
    .slice(0, MOST_OVERLAPS)
    .flatMap(({ path, otherPath = '' }) => {
      const [one, other] = [byPath.get(path), byPath.get(otherPath)]
      if (one === undefined || other === undefined) return []
      const tests = [one, other].map((node) => predicateOf(nodeOf(node), nowMs))
      return [{ path, otherPath, both: (cellOf) => tests.every((test) => test(cellOf)) }]
    })
}

type Selects = (contact: DeliveredContact) => boolean

const selectsBefore = ({ inForce, nowMs }: RowsToCount): Selects | null => {
  if (inForce === null) return null
  const { definition, house } = inForce
  const lists = new Set(definition.contactListIds)
  const exclusions = [...definition.exclusions, ...house]
  const selects = selectionOf({ ...definition, exclusions }, nowMs)
  return ({ contactListId, cellOf }) => lists.has(contactListId) && selects(cellOf)
}

const createTally = (asked: RowsToCount, pairs: readonly Pair[]) => {
  const { rules, nowMs, contactListIds } = asked
  const conditions =
    rules.conditions === null ? () => true : predicateOf(nodeOf(rules.conditions), nowMs)
  const exclusions = rules.exclusions.map((node) => predicateOf(nodeOf(node), nowMs))
  const doNotCall = asked.house.map((leaf) => predicateOf(leaf, nowMs))
  const before = selectsBefore(asked)
  const lists = new Set(contactListIds)
  const tally: Tally = {
    ...{ total: 0, selected: 0, included: 0, enter: 0, leave: 0, marked: 0 },
    unmarked: new Map(),
    removed: exclusions.map(() => 0),
    overlaps: pairs.map(() => 0),
  }
  const countIn = ({ cellOf }: DeliveredContact): boolean => {
    tally.total += 1
    pairs.forEach(({ both }, at) => {
      if (both(cellOf)) tally.overlaps[at] = (tally.overlaps[at] ?? 0) + 1
    })
    if (!conditions(cellOf)) return false
    tally.included += 1
    const by = exclusions.findIndex((exclusion) => exclusion(cellOf))
    if (by >= 0) tally.removed[by] = (tally.removed[by] ?? 0) + 1
    else tally.selected += 1
    return by < 0
  }
  const enter = ({ contactListId, reachedBy, cellOf }: DeliveredContact): void => {
    tally.enter += 1
    if (doNotCall.some((test) => test(cellOf))) {
      tally.marked += 1
      return
    }
    const others = tally.unmarked.get(contactListId)
    if (others === undefined) tally.unmarked.set(contactListId, [reachedBy])
    else others.push(reachedBy)
  }
  const count = (contact: DeliveredContact): void => {
    const isSelected = lists.has(contact.contactListId) && countIn(contact)
    if (before === null || before(contact) === isSelected) return
    if (isSelected) enter(contact)
    else tally.leave += 1
  }
  return { tally, count }
}

/**
 * Counts contacts that the gateway itself has delivered. Both results are null if there are none,
 * or if all their rows are past their retention. `change` is also null if no version is in force.
 */
export const countRows = async (
  contacts: DeliveredContacts,
  asked: RowsToCount,
): Promise<Counted> => {
  const before = asked.inForce?.definition.contactListIds ?? []
  const lists = [...new Set([...asked.contactListIds, ...before])]
  const known = await contacts.count(asked.tenantId, lists)
  if (known === 0) return { matches: null, change: null }
  const pairs = pairsOf(asked)
  const { tally, count } = createTally(asked, pairs)
  let looked = 0
  const share = Math.min(1, MOST_CONTACTS / known)
  for await (const lot of contacts.read(asked.tenantId, lists, { known, share })) {
    looked += lot.length
    for (const contact of lot) count(contact)
  }
  if (looked === 0) return { matches: null, change: null }
  const { total, selected, included } = tally
  return {
    matches: {
      basis: known > MOST_CONTACTS ? 'sample' : 'rows',
      coverage: Math.round((looked / known) * 10_000) / 10_000,
      ...{ total, selected, excluded: included - selected },
      byExclusion: asked.rules.exclusions.map(({ path }, at) => ({
        path,
        removed: tally.removed[at] ?? 0,
      })),
      overlaps: pairs.map(({ path, otherPath }, at) => ({
        ...{ path, otherPath, count: tally.overlaps[at] ?? 0 },
      })),
    },
    change: asked.inForce === null ? null : await changeOf(tally, asked.suppressedAmong),
  }
}

const changeOf = async (
  { enter, leave, marked, unmarked }: Tally,
  suppressedAmong: SuppressedAmong,
): Promise<SegmentChange> => {
  let doNotCall: number | null = marked
  for (const [contactListId, people] of unmarked) {
    const suppressed = await suppressedAmong(contactListId, people)
    doNotCall = doNotCall === null || suppressed === null ? null : doNotCall + suppressed
  }
  return { enter, leave, doNotCall }
}

/** The rules of a version in force, with the exclusions (`house`) that were stored with it. */
export const rulesInForce = ({ definition, house }: CampaignSegment): PlacedRules =>
  placeRules(definition, house)
