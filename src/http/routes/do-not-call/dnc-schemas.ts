import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import { DNC_REASON_NAMES } from '../../../domain/do-not-call/dnc-entry.ts'
import {
  DNC_COUNTS,
  DNC_HOLD_REASONS,
  DNC_KINDS,
  ENTRY_OUTCOMES,
  SEEN_DNC_STATES,
} from '../../../domain/do-not-call/dnc-submission.ts'
import { DNC_CHANGE_EVENT, DNC_EVENT_TYPES } from '../../../domain/endpoints/outbound-event.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../../domain/ids/ids.ts'
import { cursorSchema, limitUpTo, someOf } from '../../server/schemas.ts'

export const dncListParamsSchema = z.strictObject({ dncListId: genesysIdSchema })
export const submissionParamsSchema = z.strictObject({ submissionId: gatewayIdSchema })

export const submissionsQuerySchema = z.strictObject({
  dncListId: genesysIdSchema.optional(),
  state: someOf(SEEN_DNC_STATES),
  cursor: cursorSchema.optional(),
  limit: limitUpTo(100, 20),
})

export const entriesQuerySchema = z.strictObject({
  outcome: someOf(ENTRY_OUTCOMES),
  cursor: cursorSchema.optional(),
  limit: limitUpTo(500, 100),
})

/** A submission as callers see it. */
export const submissionSchema = z.strictObject({
  id: z.string(),
  dncListId: z.string(),
  kind: z.enum(DNC_KINDS),
  state: z.enum(SEEN_DNC_STATES),
  hold: z
    .strictObject({
      reason: z.enum(DNC_HOLD_REASONS),
      since: stamp,
    })
    .nullable(),
  version: count,
  counts: z.strictObject(
    Object.fromEntries(DNC_COUNTS.map((name) => [name, count])) as Record<
      (typeof DNC_COUNTS)[number],
      typeof count
    >,
  ),
  /** How many entries were rejected, by code. */
  rejections: z.record(z.string(), count),
  notes: z.array(z.string()),
  source: z.strictObject({
    fileName: z.string().nullable(),
    format: z.enum(['csv', 'json', 'ndjson']),
    bytes: count,
    sha256: z.string(),
  }),
  createdAt: stamp,
  updatedAt: stamp,
  appliedAt: stamp.nullable(),
  problem: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
})

/**
 * The message to endpoints about a submission. `version` puts the messages about one submission in
 * order.
 */
export const dncEventSchema = z.strictObject({
  type: z.enum(DNC_EVENT_TYPES),
  timestamp: stamp,
  data: z.strictObject({
    submissionId: z.string(),
    ...submissionSchema.pick({
      dncListId: true,
      kind: true,
      state: true,
      hold: true,
      counts: true,
      version: true,
    }).shape,
  }),
})

/** The message to endpoints about a change of a DNC list inside Genesys. */
export const dncChangeEventSchema = z.strictObject({
  type: z.literal(DNC_CHANGE_EVENT),
  timestamp: stamp,
  data: z.strictObject({
    dncListId: z.string(),
    mayBeOwn: z
      .boolean()
      .describe(
        'true: a submission to the list is `applying` or `held`, or the gateway sent entries to the list within the last 5 minutes. Genesys does not report who added an entry, so the gateway itself may have added the new entries.',
      ),
  }),
})

const asked = z.array(z.string().min(1).max(320)).max(1000).default([])

/** The people to look for, at most 1,000 in all. */
export const searchSchema = z
  .strictObject({ phoneNumbers: asked, emails: asked })
  .refine(
    ({ phoneNumbers, emails }) => {
      const people = phoneNumbers.length + emails.length
      return people >= 1 && people <= 1000
    },
    { path: ['phoneNumbers'], message: 'and `emails` must name 1 to 1,000 people in all' },
  )
  .meta({
    anyOf: ['phoneNumbers', 'emails'].map((name) => ({
      required: [name],
      properties: { [name]: { minItems: 1 } },
    })),
  })

const upstream = z
  .boolean()
  .describe(
    'false: in this dialect, Genesys does not accept this entry or removal. Only the gateway stores and enforces it',
  )

const entryTermsSchema = {
  reason: z.enum(DNC_REASON_NAMES),
  originalReason: z.string().nullable(),
  source: z.string().nullable(),
  receivedAt: stamp.nullable(),
  expiresAt: stamp.nullable(),
}

const searchedShape = {
  /**
   * Whether an entry of the list is in force for the person. An entry is in force from the 202 of
   * its submission until a removal or an override ends it, or until a day after its expiry.
   */
  suppressed: z.boolean(),
  entries: z.array(
    z.strictObject({
      ...entryTermsSchema,
      receivedAt: stamp.describe(
        'When the person asked not to be called. If the entry has no such time, this is the same time as `acceptedAt`.',
      ),
      /** The contact lists to which the entry applies. null: all. */
      scope: z.array(z.string()).nullable(),
      upstream,
      state: z.enum(['standing', 'quarantined', 'expired', 'removed']),
      submissionId: z.string(),
      acceptedAt: stamp,
      /**
       * What happened to the entry, oldest first. `submissionId`: the submission that caused the
       * event. null: the entry expired.
       */
      history: z.array(
        z.strictObject({
          event: z.enum(['accepted', 'expired', 'removed', 'overridden']),
          at: stamp,
          submissionId: z.string().nullable(),
        }),
      ),
    }),
  ),
}
/**
 * What is known about the people in the call: phone numbers first, then emails, each in the order
 * of the call.
 */
export const searchAnswerSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      phoneNumber: z.string().optional(),
      email: z.string().optional(),
      ...searchedShape,
    }),
  ),
})

/** An entry in the ledger of a submission. */
export const ledgerEntrySchema = z.strictObject({
  line: count,
  outcome: z.enum(ENTRY_OUTCOMES),
  code: z.string().nullable(),
  column: z.string().nullable(),
  reason: z.string().nullable(),
  faults: z.array(
    z.strictObject({ code: z.string(), column: z.string().nullable(), reason: z.string() }),
  ),
  /** How the gateway understood the entry. null: the entry was rejected. */
  entry: z
    .strictObject({
      ...entryTermsSchema,
      contactListIds: z.array(z.string()).nullable(),
      upstream,
    })
    .nullable(),
  cells: z.record(z.string(), z.string()),
})
