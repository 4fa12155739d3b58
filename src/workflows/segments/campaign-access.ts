import type { Caller } from '../../domain/access/access.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { AccessStore } from '../ports/access/access.ts'

/** The answer is the same if the campaign does not exist and if it belongs to another tenant. */
export const campaignUnknown = (): GatewayProblem =>
  new GatewayProblem('not-found', 'The campaign does not exist, or your tenant may not use it.')

/** Throws 404 if the tenant may not use the campaign. */
export const checkCampaignGranted = async (
  { access }: { access: Pick<AccessStore, 'isGranted'> },
  caller: Caller,
  campaignId: string,
): Promise<void> => {
  if (!(await access.isGranted(caller.tenantId, 'campaign', campaignId))) throw campaignUnknown()
}
