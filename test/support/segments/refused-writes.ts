import type { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { CampaignPort } from '../../../src/workflows/ports/segments/campaigns.ts'

/**
 * The campaigns, except that a write of a segment throws what `refusal` returns. null: the campaign
 * accepts the write. `writes` counts the writes.
 */
export const withRefusedWrites = (
  campaigns: CampaignPort,
  refusal: () => GenesysFailure | null,
): { campaigns: CampaignPort; writes(): number } => {
  let writes = 0
  const refusing = new Proxy(campaigns, {
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name, object)
      if ((name !== 'putFilter' && name !== 'putRules') || typeof member !== 'function') {
        return member
      }
      return async (...args: unknown[]): Promise<unknown> => {
        writes += 1
        const failure = refusal()
        if (failure !== null) throw failure
        return Reflect.apply(member, object, args)
      }
    },
  })
  return { campaigns: refusing, writes: () => writes }
}
