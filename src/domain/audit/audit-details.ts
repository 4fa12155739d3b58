import { z } from 'zod'

import { NOTICE_FIELDS } from '../genesys-events/genesys-webhook.ts'

/**
 * The parts from which the details of an action are made (`AUDIT_DETAILS`). An object accepts only
 * the members that are listed. To keep personal data out, a value can only be a word of the API, an
 * id, a code, a status, a number, a flag or a time, and never free text. If you add an action, add
 * a line to `AUDIT_DETAILS`.
 */
const id = z.string().regex(/^[A-Za-z0-9._:-]{1,200}$/u)
const code = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/u)
const status = z.int().min(100).max(599).nullable()
const uploadIds = z.array(id).max(10_000)

const NONE = z.strictObject({})

/**
 * A change of state. A trigger of the database writes this entry in the statement that changes the
 * state. Exception: if an upload is accepted, or ends as `completed` or `completed_with_errors`,
 * the code writes another entry instead. `reason`: the reason of the hold that begins or ends with
 * the change.
 */
const MOVED = z.strictObject({ from: code, to: code, reason: code.nullable() })
const BATCH = z.strictObject({ uploadIds })
const SETTLED_BATCH = z.strictObject({
  uploadIds,
  /**
   * Genesys' id of the job. null: there was no job, because the answer to the request already had
   * the result.
   */
  jobId: id.nullable(),
  ended: code.nullable(),
})
const SYNC = z.strictObject({ status })
/** Why the object is held. */
const HELD = z.strictObject({ reason: code })
/** The code of the problem: why the request was refused, or how the object failed. */
const CODED = z.strictObject({ code })
/** The members that were set. The entry never contains their values. */
const CHANGED = z.strictObject({ fields: z.array(code).max(50) })
/** The failed request to Genesys that caused this entry. `status` null: Genesys did not answer. */
const FAILED_BY = z.strictObject({ failure: code, status, upstreamCode: id.nullable() })
/** Genesys' id of the file, and the result of Genesys' virus scan so far. */
const AT_GENESYS = z.strictObject({ fileId: id.nullable(), virusScan: code.nullable() })
/**
 * A request that Genesys did not accept. The `object` of the entry is the X-Request-ID of the
 * request, or a new id if the request had none.
 */
const REFUSED = z.strictObject({
  operation: code,
  failure: code,
  status,
  correlationId: id.nullable(),
  upstreamCode: id.nullable(),
})
const WEBHOOK = z.strictObject({
  receiptId: id,
  route: code,
  status: code.nullable(),
  ended: code.nullable(),
})

export const AUDIT_DETAILS = {
  /** `contactListId` null: the id contains characters that an audit entry must not contain. */
  'upload.accepted': z.strictObject({ contactListId: id.nullable() }),
  'upload.batch.intended': BATCH,
  'upload.batch.settled': SETTLED_BATCH,
  'upload.finished': z.strictObject({ problem: code.nullable(), state: code.optional() }),
  'upload.held': z.strictObject({ reason: code }),
  'upload.moved': MOVED,
  'upload.released': MOVED,
  'upload.controlled': z.strictObject({ command: code }),
  /**
   * A person saw the cells of rows. The counts of the entry say how many rows were shown, and
   * between which lines.
   */
  'upload.cells_revealed': NONE,
  'sync.delivered': SYNC,
  'sync.retried': SYNC.extend({ delayMs: z.int().min(0) }),
  'sync.dead': SYNC,
  'sync.replayed': NONE,
  'endpoint.created': NONE,
  'endpoint.changed': CHANGED,
  'endpoint.tested': NONE,
  'endpoint.disabled': SYNC,
  'endpoint.secret_rotated': NONE,
  'endpoint.deleted': NONE,
  'list.provisioned': NONE,
  'webhook.verified': WEBHOOK,
  'webhook.contradicted': WEBHOOK,
  /** `field`: a JSON pointer to the fault. Empty: the fault concerns the whole body. */
  'webhook.malformed': z.strictObject({ route: code, field: z.enum(NOTICE_FIELDS) }),
  /** `expiresAt` null: the key does not expire by itself. */
  'key.created': z.strictObject({
    scopes: z.array(code).max(50),
    expiresAt: z.iso.datetime().nullable(),
  }),
  'key.rotated': z.strictObject({ overlapHours: z.number().min(0), newKeyId: id }),
  'key.revoked': NONE,
  'tenant.created': NONE,
  'tenant.changed': CHANGED,
  'list.cleared': NONE,
  'list.extended': NONE,
  'list.settings_changed': NONE,
  'segment.requested': NONE,
  'segment.refused': CODED,
  'segment.sent': NONE,
  'segment.campaign_stopped': NONE,
  'segment.campaign_started': NONE,
  'segment.held': HELD,
  'segment.resumed': NONE,
  'segment.applied': NONE,
  'segment.failed': CODED,
  'segment.moved': MOVED,
  'segment.released': MOVED,
  'dnc.accepted': NONE,
  'dnc.removed': NONE,
  'dnc.overridden': NONE,
  'dnc.released': NONE,
  'dnc.resumed': NONE,
  'dnc.sent': NONE,
  'dnc.refused': FAILED_BY,
  /** `by`: the request that is sent instead of the refused one. */
  'dnc.replaced': FAILED_BY.extend({ by: code }),
  'dnc.held': HELD,
  'dnc.moved': MOVED,
  'dnc.external_change': NONE,
  'guest_file.accepted': NONE,
  'guest_file.refused': CODED,
  'guest_file.scanned': z.strictObject({ verdict: code }),
  'guest_file.registered': AT_GENESYS,
  'guest_file.transferred': NONE,
  'guest_file.url_refused': z.strictObject({ reason: code }),
  'guest_file.held': HELD,
  'guest_file.stored': AT_GENESYS,
  'guest_file.verdict': AT_GENESYS,
  'guest_file.ended': CODED.extend({ state: code }),
  'guest_file.moved': MOVED,
  'guest_file.released': MOVED,
  'dnc.retracted': NONE,
  'dnc.pulled': NONE,
  'registry.changed': NONE,
  'registry.edition_accepted': z.strictObject({ registry: id.nullable() }),
  /** `problem` null: the edition is in force. */
  'registry.edition_in_force': z.strictObject({
    registry: id.nullable(),
    problem: code.nullable(),
  }),
  'registry.edition_deleted': z.strictObject({ registry: id.nullable() }),
  /**
   * `kind`: whether the caller named the person by a contact id, a number or an address. The id,
   * number or address itself is never in the entry.
   */
  'erasure.accepted': z.strictObject({ kind: code }),
  'erasure.contact': z.strictObject({ outcome: code, contactListId: id.nullable() }),
  'erasure.completed': z.strictObject({ state: code }),
  /** The `object` of the entry is the keyed digest of the person whose evidence was read. */
  'evidence.read': z.strictObject({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    /** Contact ids were shown unmasked in the console. */
    revealed: z.literal(true).optional(),
  }),
  'console.signed_in': NONE,
  'console.signed_out': NONE,
  'genesys.retried': REFUSED.extend({ delayMs: z.int().min(0) }),
  'genesys.refused': REFUSED,
  /**
   * Written before blocks are deleted because their five years have passed. When this entry is in
   * the chain, the blocks up to `throughBlock` are deleted, and the chain begins after that block.
   */
  'audit.pruned': z.strictObject({ throughBlock: z.int().min(1), throughHash: id }),
} as const satisfies Record<string, z.ZodObject>

export type AuditAction = keyof typeof AUDIT_DETAILS
export const AUDIT_ACTIONS = Object.keys(AUDIT_DETAILS) as AuditAction[]

type Details = { [Action in AuditAction]: z.output<(typeof AUDIT_DETAILS)[Action]> }
/** Actions that have no details. */
export type PlainAction = {
  [Action in AuditAction]: string extends keyof Details[Action] ? Action : never
}[AuditAction]

/** An action with the details that it must have. */
export type AuditSaid =
  | { action: PlainAction; details?: undefined }
  | {
      [Action in Exclude<AuditAction, PlainAction>]: { action: Action; details: Details[Action] }
    }[Exclude<AuditAction, PlainAction>]

/** The action with its details, or without details if only the name of the action is given. */
export const saidOf = (said: PlainAction | AuditSaid): AuditSaid =>
  typeof said === 'string' ? { action: said } : said

/**
 * An id from another system. null: there is no id, or the id is too long or has characters that an
 * audit entry must not contain.
 */
export const auditId = (given: string | null | undefined): string | null =>
  id.safeParse(given).data ?? null
