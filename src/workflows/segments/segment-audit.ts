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

/** The audit entry of a version that ends because a newer version replaces it. */
export const auditOfEnd = (ids: Ids, segment: CampaignSegment): AuditEntry => {
  const { campaignId, version, analysis, compiled, problem } = segment
  return createAuditEntry(ids, byGateway(segment), {
    ...(segment.state === 'applied'
      ? { action: 'segment.applied' }
      : {
          ...{ action: 'segment.failed', outcome: 'failed' },
          details: { code: problem?.code ?? 'segment-superseded' },
        }),
    object: campaignId,
    digest: analysis.digest,
    counts: { version, rules: compiled.ruleCount },
  })
}
