import { z } from 'zod'

import type { GenesysRowError } from '../../domain/genesys/genesys-failure.ts'
import type { DncListPort, DncWrite } from '../../workflows/ports/do-not-call/dnc-lists.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { upstreamCodeOf } from '../calls/row-words.ts'

const count = z.number().int().nonnegative()
const entryErrorSchema = z.looseObject({
  phoneNumber: z.string().nullish(),
  field: z.string().nullish(),
  code: z.unknown().optional(),
})
/**
 * An answer without a tally has an unknown form, so the outcome of the request is unknown. A
 * missing tally must not count as 0.
 */
const answerSchema = z.looseObject({
  created: count,
  duplicate: count,
  updated: count,
  error: z.array(entryErrorSchema),
})
const refusalSchema = z.looseObject({ errors: z.array(entryErrorSchema).catch([]) })

const PLACE = /^phoneNumbers\[(\d{1,6})\]$/

/**
 * The index of the entry that an error names, by phone number or by place in the request. null: the
 * error names no entry of this request.
 */
const indexOf = (
  { phoneNumber, field }: z.infer<typeof entryErrorSchema>,
  subjects: readonly string[],
): number | null => {
  const place = PLACE.exec(field ?? '')?.[1]
  const index =
    place === undefined ? subjects.indexOf(phoneNumber ?? '') : Number.parseInt(place, 10)
  return index >= 0 && index < subjects.length ? index : null
}

/**
 * Reads which entries a 400 or 422 names. `whole`: the answer refuses `expires` or `reason`, which
 * are the same for all entries [guide-api: DNC lists].
 */
const refusedIn =
  (subjects: readonly string[]) =>
  (body: unknown): readonly GenesysRowError[] | 'whole' => {
    const { errors } = refusalSchema.safeParse(body).data ?? { errors: [] }
    if (errors.some(({ field }) => field === 'expires' || field === 'reason')) return 'whole'
    return errors.flatMap((error) => {
      const index = indexOf(error, subjects)
      if (index === null) return []
      const said = upstreamCodeOf(error.code)
      return [{ index, contactId: null, field: null, code: 'genesys-refused' as const, said }]
    })
  }

const bodyOf = ({ subjects, reason, expiresAt }: DncWrite): Buffer =>
  Buffer.from(
    JSON.stringify({
      phoneNumbers: subjects,
      reason,
      expires: expiresAt === null ? null : expiresAt.toISOString(),
    }),
  )

/**
 * DNC lists in the guide dialect. Entries with the same reason and the same expiry go in one
 * request with an `Idempotency-Key`. The dialect has no email addresses and no removal.
 */
export const createGuideDncLists = (deps: { call: Caller }): DncListPort => ({
  dialect: 'guide',
  exports: null,
  limits: { entries: 499, expiryDays: null },
  takes: { phone: true, email: false, removals: false, reasons: true },
  add: async (write, context) => {
    const { created, duplicate, updated, error } = await deps.call(
      {
        operation: 'add-dnc-entries',
        method: 'POST',
        path: `/api/v2/outbound/dnclists/${pathSegment(write.dncListId)}/entries`,
        headers: { 'idempotency-key': write.idempotencyKey },
        body: bodyOf(write),
        schema: answerSchema,
        right: 'outbound:dnclist:write',
        rows: true,
        refusedIn: refusedIn(write.subjects),
      },
      context,
    )
    const failed = error.flatMap((one) => {
      const index = indexOf(one, write.subjects)
      return index === null ? [] : [{ index, code: upstreamCodeOf(one.code) }]
    })
    return { tallies: { created, duplicate, updated }, failed }
  },
  remove: () => {
    throw new Error('The guide dialect cannot remove DNC entries')
  },
})
