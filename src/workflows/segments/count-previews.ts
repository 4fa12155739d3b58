import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { analyseSegment } from '../../domain/segments/analysis/analyse.ts'
import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { CompiledSegment } from '../../domain/segments/compiled-segment.ts'
import { nodeOf, place, type PlacedNode, type PlacedRules } from '../../domain/segments/placed.ts'
import type { Clock } from '../../lib/clock.ts'
import type { CallContext } from '../ports/genesys/genesys.ts'
import type { FilterPreview, PlatformCampaignPort } from '../ports/segments/campaigns.ts'
import { rulesInForce, type Counted } from './count-rows.ts'

/** How many previews one analysis may request [contracts: 2]. */
const MOST_PREVIEWS = 12
const OF_THE_CHANGE = 2

type Asking = {
  campaigns: Pick<PlatformCampaignPort, 'compile' | 'preview' | 'reading'>
  contactListId: string
  context: CallContext
  clock: Pick<Clock, 'now' | 'monotonicMs'>
}

/**
 * The rules that are sent to Genesys are simplified. If rules fit into a filter only without their
 * superfluous parts, they are therefore counted without these parts too.
 */
const compiled = (
  { campaigns, contactListId, clock }: Asking,
  rules: PlacedRules,
): CompiledSegment | null => {
  const whole = campaigns.compile(rules, [contactListId])
  if ('compiled' in whole) return whole.compiled
  const { simplified } = analyseSegment(rules, {
    ...{ reading: campaigns.reading, nowMs: clock.now().getTime() },
    monotonicMs: () => clock.monotonicMs(),
  })
  const fewer = campaigns.compile(simplified, [contactListId])
  return 'compiled' in fewer ? fewer.compiled : null
}

/**
 * Counts the contacts that the rules select. null: the rules cannot be written as a filter, or need
 * no filter because they select every contact.
 */
const preview = async (asking: Asking, rules: PlacedRules): Promise<FilterPreview | null> => {
  const { campaigns, contactListId, context } = asking
  const segment = compiled(asking, rules)
  if (segment === null || segment.body['filter'] === null) return null
  return campaigns.preview(contactListId, segment, context)
}

const all = (path: string, children: (PlacedNode | null)[]): PlacedNode | null => {
  const nodes = children.filter((node) => node !== null)
  return nodes.length === 0 ? null : { path, kind: 'all', children: nodes }
}

/** One node that selects the same contacts as the rules. */
const asNode = ({ conditions, exclusions }: PlacedRules): PlacedNode | null =>
  all('', [
    conditions,
    ...exclusions.map((child): PlacedNode => ({ path: child.path, kind: 'not', child })),
  ])

/**
 * Rules for the contacts that `rules` select and `other` does not. null: there are no such
 * contacts, because `other` selects everybody.
 */
const without = (rules: PlacedRules, other: PlacedRules): PlacedRules | null => {
  const node = asNode(other)
  // If `other` selects everybody, no contact is left.
  if (node === null) return null
  // A separate place, because the analysis distinguishes nodes by their places.
  const excluded = place(nodeOf(node), '/other')
  return { ...rules, exclusions: [...rules.exclusions, excluded] }
}

const countChange = async (
  asking: Asking,
  rules: PlacedRules,
  inForce: CampaignSegment | null,
): Promise<Counted['change']> => {
  if (inForce === null) return null
  const before = rulesInForce(inForce)
  const [entering, leaving] = [without(rules, before), without(before, rules)]
  const [enter, leave] = [
    entering === null ? { selected: 0 } : await preview(asking, entering),
    leaving === null ? { selected: 0 } : await preview(asking, leaving),
  ]
  if (enter === null || leave === null) return null
  return { enter: enter.selected, leave: leave.selected, doNotCall: null }
}

const countMatches = async (asking: Asking, rules: PlacedRules): Promise<Counted['matches']> => {
  const whole = await preview(asking, rules)
  if (whole === null) return null
  const { exclusions } = rules
  const isEachCounted = exclusions.length + 1 <= MOST_PREVIEWS - OF_THE_CHANGE
  // The first step counts without any exclusion, for the number that all of them exclude.
  const steps = isEachCounted ? exclusions.length : 1
  const left: (number | null)[] = []
  for (let taken = 0; taken < steps; taken += 1) {
    const fewer = { ...rules, exclusions: exclusions.slice(0, taken) }
    // Without rules, every contact of the list is selected.
    const isNothing = fewer.conditions === null && taken === 0
    left.push(isNothing ? whole.total : ((await preview(asking, fewer))?.selected ?? null))
  }
  left.push(whole.selected)
  const [included = null] = left
  return {
    ...{ basis: 'preview', coverage: 1, total: whole.total, selected: whole.selected },
    excluded: Math.max(0, (included ?? whole.selected) - whole.selected),
    byExclusion: (isEachCounted ? exclusions : []).flatMap(({ path }, at) => {
      const [before, after] = [left[at], left[at + 1]]
      if (typeof before !== 'number' || typeof after !== 'number') return []
      return [{ path, removed: Math.max(0, before - after) }]
    }),
    overlaps: [],
  }
}

/**
 * Counts for rules that select everybody, so that there is no filter to preview. The preview of the
 * version in force shows how many contacts the list has, and how many of them enter now.
 */
const countEverybody = async (
  asking: Asking,
  inForce: CampaignSegment | null,
): Promise<Counted> => {
  const before = inForce && (await preview(asking, rulesInForce(inForce)))
  if (before === null) return { matches: null, change: null }
  const { total, selected } = before
  return {
    matches: {
      ...{ basis: 'preview', coverage: 1, total, selected: total, excluded: 0 },
      ...{ byExclusion: [], overlaps: [] },
    },
    change: { enter: Math.max(0, total - selected), leave: 0, doNotCall: null },
  }
}

/**
 * Counts with previews of filters in Genesys. Both results are null if a call to Genesys fails, or
 * if there is no filter to preview. `change` is also null if no version is in force, or if the
 * difference cannot be previewed.
 */
export const countPreviews = async (
  asking: Asking,
  rules: PlacedRules,
  inForce: CampaignSegment | null,
): Promise<Counted> => {
  try {
    if (asNode(rules) === null) return await countEverybody(asking, inForce)
    const matches = await countMatches(asking, rules)
    return { matches, change: matches && (await countChange(asking, rules, inForce)) }
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    return { matches: null, change: null }
  }
}
