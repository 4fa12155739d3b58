import { z } from 'zod'

import type { DncListPort, DncWrite } from '../../workflows/ports/do-not-call/dnc-lists.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { createPlatformDncExports } from './dnc-exports.ts'

const KINDS = {
  phone: { path: 'phonenumbers', member: 'phoneNumbers' },
  email: { path: 'emailaddresses', member: 'emailAddresses' },
} as const

const MINUTE_MS = 60_000

/**
 * The expiry in UTC, `yyyy-MM-ddTHH:mmZ` [platform-api: 2.7]. It is rounded up to the minute, so
 * that nobody is dialled before the entry expires.
 */
const minuteUp = (at: Date): string => {
  const up = new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)
  return `${up.toISOString().slice(0, 16)}Z`
}

const refusalSchema = z.looseObject({ code: z.string().catch('') })
/**
 * Codes that concern the list or the whole request, for example the code for a full list. After any
 * other code, the gateway splits the request again and again to find the refused entries
 * [platform-api: 2.7].
 */
const OF_THE_WHOLE = /^(dnc\.|invalid\.date\.value$)/

const refusedIn = (body: unknown): [] | 'whole' =>
  OF_THE_WHOLE.test(refusalSchema.safeParse(body).data?.code ?? '') ? 'whole' : []

/**
 * DNC lists in the platform dialect. Entries with the same expiry go in one PATCH. A repeated PATCH
 * does no harm. Genesys keeps no reasons and returns no tallies.
 */
export const createPlatformDncLists = (deps: { call: Caller }): DncListPort => {
  const patch = async (
    { dncListId, kind, subjects }: Pick<DncWrite, 'dncListId' | 'kind' | 'subjects'>,
    change: { action: 'Add' | 'Remove'; expirationDateTime?: string },
    context: CallContext,
  ): Promise<void> => {
    const { path, member } = KINDS[kind]
    await deps.call(
      {
        operation: change.action === 'Add' ? 'add-dnc-entries' : 'remove-dnc-entries',
        method: 'PATCH',
        path: `/api/v2/outbound/dnclists/${pathSegment(dncListId)}/${path}`,
        body: Buffer.from(JSON.stringify({ ...change, [member]: subjects })),
        schema: z.unknown(),
        right: 'outbound:dnc:edit',
        rows: true,
        refusedIn,
      },
      context,
    )
  }
  return {
    dialect: 'platform',
    exports: createPlatformDncExports(deps),
    limits: { entries: 499, expiryDays: 180 },
    takes: { phone: true, email: true, removals: true, reasons: false },
    add: async (write, context) => {
      const { expiresAt } = write
      const expiry = expiresAt === null ? {} : { expirationDateTime: minuteUp(expiresAt) }
      await patch(write, { action: 'Add', ...expiry }, context)
      return { tallies: null, failed: [] }
    },
    remove: (write, context) => patch(write, { action: 'Remove' }, context),
  }
}
