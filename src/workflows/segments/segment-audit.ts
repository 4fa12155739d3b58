import { type AuditSaid, type PlainAction, saidOf } from '../../domain/audit/audit-details.ts'
import { byCaller, byGateway, createAuditEntry, type AuditEntry } from '../../domain/audit/audit.ts'
import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import { isLeaf, type Leaf, type SegmentNode } from '../../domain/segments/segment.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import type { Ids } from '../../lib/ids.ts'
import type { PreparedSegment, SegmentAsked } from './prepare-segment.ts'

const leavesOf = (node: SegmentNode): Leaf[] => {
  if (isLeaf(node)) return [node]
  if ('not' in node) return leavesOf(node.not)
  return ('all' in node ? node.all : node.any).flatMap(leavesOf)
}

const spelt = ({ definition, house }: Pick<CampaignSegment, 'definition' | 'house'>): Set<string> =>
  new Set(
    [definition.conditions, ...definition.exclusions, ...house]
      .filter((node) => node !== null)
      .flatMap(leavesOf)
      .map((leaf) => canonicalJson(leaf)),
  )

/**
 * The audit entry of a new version. It describes the difference from the version in force, but only
 * in numbers, because the rules may contain data about a person.
 */
export const auditOfRequest = (
  ids: Ids,
  { caller, campaignId }: SegmentAsked,
  { analysis, compiled, inForce, ...now }: PreparedSegment,
  version: number,
): AuditEntry => {
  const [before, after] = [inForce === null ? new Set<string>() : spelt(inForce), spelt(now)]
  const { change } = analysis
  return createAuditEntry(ids, byCaller(caller), {
    action: 'segment.requested',
    object: campaignId,
    digest: analysis.digest,
    counts: {
      ...{ version, replaces: inForce?.version ?? 0, rules: compiled.ruleCount },
      comparisonsAdded: after.difference(before).size,
      comparisonsRemoved: before.difference(after).size,
      ...(change === null ? {} : { enter: change.enter, leave: change.leave }),
    },
  })
}

/** An audit entry about the campaign, with the version and the number of its rules. */
export const auditOfVersion = (
  ids: Ids,
  segment: CampaignSegment,
  said: PlainAction | AuditSaid,
  about: Partial<Pick<AuditEntry, 'outcome' | 'counts' | 'latencyMs'>> = {},
): AuditEntry => {
  const { campaignId, version, analysis, compiled } = segment
  return createAuditEntry(ids, byGateway(segment), {
    ...saidOf(said),
    object: campaignId,
    digest: analysis.digest,
    ...about,
    counts: { version, rules: compiled.ruleCount, ...about.counts },
  })
}

/** The audit entry of a version that ends because a newer version replaces it. */
export const auditOfEnd = (ids: Ids, segment: CampaignSegment): AuditEntry => {
  if (segment.state === 'applied') return auditOfVersion(ids, segment, 'segment.applied')
  const code = segment.problem?.code ?? 'segment-superseded'
  const said = { action: 'segment.failed', details: { code } } as const
  return auditOfVersion(ids, segment, said, { outcome: 'failed' })
}
