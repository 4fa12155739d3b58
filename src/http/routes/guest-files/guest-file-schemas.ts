import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import { GUEST_FILE_EVENT_TYPES } from '../../../domain/endpoints/outbound-event.ts'
import {
  GENESYS_FILE_STATUSES,
  GUEST_FILE_HOLD_REASONS,
  SCAN_VERDICTS,
  SEEN_GUEST_FILE_STATES,
  VIRUS_SCANS,
} from '../../../domain/guest-files/guest-file.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../../domain/ids/ids.ts'

export const externalContactParamsSchema = z.strictObject({ externalContactId: genesysIdSchema })
export const communicationParamsSchema = z.strictObject({
  conversationId: genesysIdSchema,
  communicationId: genesysIdSchema,
})
export const guestFileParamsSchema = z.strictObject({ guestFileId: gatewayIdSchema })

const problem = z.strictObject({ code: z.string(), detail: z.string() }).nullable()

export const guestFileSchema = z.strictObject({
  id: z.string(),
  externalContactId: z.string().nullable(),
  conversationId: z.string().nullable(),
  communicationId: z.string().nullable(),
  mediaId: z
    .string()
    .nullable()
    .describe(
      'For a file in a conversation (platform dialect): the id of the file in Genesys. null: Genesys has not given an id yet, or the file is for an external contact',
    ),
  state: z.enum(SEEN_GUEST_FILE_STATES),
  hold: z
    .strictObject({ reason: z.enum(GUEST_FILE_HOLD_REASONS), since: stamp })
    .nullable()
    .describe(
      'The reason why the file is held. The gateway resumes the work on the file by itself',
    ),
  fileName: z
    .string()
    .describe('The name that Genesys shows. `_` replaces characters that Genesys does not allow'),
  contentType: z
    .string()
    .describe(
      'Type of the content, from the extension of the file. The gateway has checked that the bytes match this type',
    ),
  sizeBytes: count,
  sha256: z.string(),
  md5: z.string(),
  scan: z.strictObject({
    verdict: z
      .enum(SCAN_VERDICTS)
      .nullable()
      .describe(
        'Verdict of the scanner of the gateway. `unavailable`: the scanner gave no verdict, and the gateway tries again. null: not scanned yet',
      ),
    engine: z.string().nullable(),
    at: stamp.nullable(),
  }),
  genesys: z.strictObject({
    fileId: z.string().nullable(),
    status: z.enum(GENESYS_FILE_STATUSES).nullable(),
    virusScan: z
      .enum(VIRUS_SCANS)
      .describe(
        'Verdict of the virus scan in Genesys. A verdict that the gateway does not know counts as `pending`',
      ),
  }),
  latencyMs: count
    .nullable()
    .describe(
      'Milliseconds from your call until Genesys had the file. null: Genesys does not have the file',
    ),
  createdAt: stamp,
  storedAt: stamp.nullable(),
  problem,
  version: count,
})

/** The message to endpoints about a guest file. */
export const guestFileEventSchema = z.strictObject({
  type: z.enum(GUEST_FILE_EVENT_TYPES),
  timestamp: stamp,
  data: z.strictObject({
    guestFileId: z.string(),
    fileId: z.string().nullable(),
    externalContactId: z.string().nullable(),
    conversationId: z.string().nullable(),
    fileName: z.string(),
    sizeBytes: count,
    contentType: z.string(),
    sha256: z.string(),
    latencyMs: count.nullable(),
    virusScanStatus: z.enum(VIRUS_SCANS),
    state: z.enum(SEEN_GUEST_FILE_STATES),
    problem,
    version: count,
  }),
})
