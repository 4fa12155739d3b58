import type { Caller } from '../../domain/access/access.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { AccessStore } from '../ports/access/access.ts'

/** Gives the same answer for a campaign that does not exist and for one of another tenant. */
export const campaignUnknown = (): GatewayProblem =>
  new GatewayProblem('not-found', 'The campaign does not exist, or your tenant may not use it.')

/** Throws 404 unless the tenant may use the campaign. */
export const checkCampaignGranted = async (
  { access }: { access: Pick<AccessStore, 'isGranted'> },
  caller: Caller,
  campaignId: string,
): Promise<void> => {
  if (!(await access.isGranted(caller.tenantId, 'campaign', campaignId))) throw campaignUnknown()
}
