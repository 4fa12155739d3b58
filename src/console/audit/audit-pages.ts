import { z } from 'zod'

import { AUDIT_ACTIONS } from '../../domain/audit/audit-details.ts'
import { cursorField, filled } from '../frame/fields.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { auditModel, verdictModel } from './audit-model.ts'

const PAGE_ENTRIES = 50
const DAY_MS = 86_400_000
const { audit: words } = ENGLISH

/**
 * An id of the gateway or of Genesys, or the name of a registry. The audit trail contains no phone
 * numbers, no addresses and no names of people, so a search for them would find nothing.
 */
const word = filled(
  z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9._:@-]{1,200}$/u),
)

const startOf = (day: string): string => `${day}T00:00:00.000Z`
const endOf = (day: string): string =>
  new Date(new Date(startOf(day)).getTime() + DAY_MS).toISOString()

export const AUDIT = page({
  at: '/audit',
  scope: 'audit',
  menu: 'audit',
  query: z.strictObject({
    /** Days in UTC. Both days are included. */
    from: filled(z.iso.date()),
    to: filled(z.iso.date()),
    action: filled(z.enum(AUDIT_ACTIONS as [string, ...string[]])),
    object: word,
    actor: word,
    cursor: cursorField,
  }),
  load: async ({ deps, caller, query }) => {
    const { from, to, action, object, actor, cursor } = query
    const filter = {
      ...(from !== undefined && { from: startOf(from) }),
      ...(to !== undefined && { to: endOf(to) }),
      ...(action !== undefined && { action }),
      ...(object !== undefined && { object }),
      ...(actor !== undefined && { actor }),
    }
    const asked = { limit: PAGE_ENTRIES, cursor: cursor ?? null }
    const found = await deps.audit.newest(caller, filter, asked)
    if (found === null) return { goTo: '/console/audit' }
    return {
      title: words.title,
      template: '/audit/audit',
      model: { audit: auditModel(found, query, { caller, limit: PAGE_ENTRIES }) },
    }
  },
})

const BLOCKS = [100, 1_000, 9_999] as const
const hash = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/u)

/**
 * A POST, because a check reads and hashes thousands of entries. A crawler that follows all links
 * must not start it.
 */
export const AUDIT_VERIFY = form({
  at: '/audit/verify',
  scope: 'audit',
  form: z
    .strictObject({
      blocks: z.coerce.number().pipe(z.union(BLOCKS.map((count) => z.literal(count)))),
      headBlock: filled(z.coerce.number().int().min(1).max(999_999_999_999)),
      headHash: filled(hash),
    })
    .refine(({ headBlock, headHash }) => (headBlock === undefined) === (headHash === undefined), {
      path: ['headHash'],
    }),
  act: async ({ deps, form: { blocks, headBlock, headHash } }) => {
    const head =
      headBlock === undefined || headHash === undefined
        ? null
        : { block: headBlock, hash: headHash }
    const verdict = await deps.audit.verify({ fromBlock: null, blocks, head })
    return {
      title: words.verdict.title,
      template: '/audit/verdict',
      model: { verdict: verdictModel(verdict) },
    }
  },
})
