import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { CampaignPort } from '../ports/segments/campaigns.ts'
import type { SegmentAsked } from './prepare-segment.ts'

/**
 * Refuses settings of the campaign that the platform dialect cannot change. Otherwise the answer
 * would show them, and the campaign would dial as before. A rollback is not refused: it takes over
 * the rules of a version, and an older gateway may have stored such settings with them.
 */
export const refuseSettings = (
  deps: { campaigns: Pick<CampaignPort, 'dialect'> },
  asked: SegmentAsked,
): SegmentAsked => {
  if (!('definition' in asked.read) || deps.campaigns.dialect === 'guide') return asked
  const { definition } = asked.read
  const fields = (['dialingMode', 'useOnlyOnce'] as const).filter(
    (name) => definition[name] !== null,
  )
  if (fields.length === 0) return asked
  const named = fields.map((name) => `\`${name}\``).join(' and ')
  const them = fields.length === 1 ? 'this member' : 'these members'
  const detail = `In the platform dialect, the gateway cannot set ${named}. Leave out ${them} in the definition, and change the campaign in Genesys.`
  throw new GatewayProblem('capability-not-available', detail, { fields })
}
