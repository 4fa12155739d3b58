import { z } from 'zod'

import { sha256 } from '../../lib/digest.ts'
import { genesysIdSchema } from '../ids/ids.ts'
import { faultOfJson } from '../text/json-fault.ts'

/**
 * The addresses that Genesys calls. `callback`: the address in the URL that is sent with one part
 * of an upload. `event` and `dnc`: the addresses for events to which the gateway subscribes.
 */
export const WEBHOOK_PATHS = {
  callback: '/webhook/genesys-upload',
  event: '/webhooks/genesys/uploads',
  dnc: '/webhooks/genesys/dnc-entries',
} as const
export type WebhookRoute = keyof typeof WEBHOOK_PATHS
/** The routes for webhooks about uploads. */
export type UploadWebhookRoute = Exclude<WebhookRoute, 'dnc'>

/**
 * The events to which the gateway subscribes, each once [guide-001] [guide-api: DNC lists]. The
 * token in the URL of a callback is made from two ids: of a part and of its contact list. A
 * subscription has neither id, so the token in its URL is made from the constants `part` and
 * `eventType`.
 */
export const SUBSCRIPTIONS = {
  event: {
    eventType: 'outbound.contact.upload.completed',
    part: 'subscription_uploads',
    name: 'outbound-gateway uploads',
    of: 'the end of uploads',
  },
  dnc: {
    eventType: 'OUTBOUND_DNCLIST_ENTRY_CREATED',
    part: 'subscription_dnc',
    name: 'outbound-gateway dnc entries',
    of: 'new entries of DNC lists',
  },
} as const
export type SubscribedRoute = keyof typeof SUBSCRIPTIONS

/** A token expires this long after the end of its upload [design: 6]. */
export const TOKEN_DEAD_AFTER_MS = 24 * 60 * 60 * 1000

export const NOTICE_STATUSES = ['success', 'error', 'in_progress'] as const
export type NoticeStatus = (typeof NOTICE_STATUSES)[number]

/**
 * The content of a webhook about an upload. The content is only a hint: the gateway asks Genesys
 * before it acts on the content.
 */
export type Notice = {
  /** Genesys' `uploadId` or `jobId`, which are the same. */
  jobId: string
  listId: string | null
  /**
   * null: the webhook names no status that the gateway knows. The webhook then counts as the end of
   * the job.
   */
  status: NoticeStatus | null
  processed: number | null
  failed: number | null
}

const rows = z.int().min(0).max(2_000_000_000)

/** The members of a webhook that may be at fault, as JSON pointers. */
export const NOTICE_FIELDS = [
  '',
  '/contactListId',
  '/uploadId',
  '/jobId',
  '/status',
  '/recordsProcessed',
  '/recordsFailed',
  '/timestamp',
  '/dncListId',
] as const
type NoticeField = (typeof NOTICE_FIELDS)[number]

/** The body of a callback [guide-000]. */
export const callbackSchema = z.looseObject({
  contactListId: genesysIdSchema,
  uploadId: genesysIdSchema,
  status: z.enum(NOTICE_STATUSES),
  recordsProcessed: rows.nullish(),
  recordsFailed: rows.nullish(),
  timestamp: z.iso.datetime({ offset: true }),
})

/**
 * The payload of an event. Genesys documents no form for it. The gateway accepts any object that
 * names a job.
 */
export const eventSchema = z.looseObject({})

const WORDS: Record<string, NoticeStatus> = {
  success: 'success',
  completed: 'success',
  error: 'error',
  failed: 'error',
  in_progress: 'in_progress',
  processing: 'in_progress',
}
const MAX_DEPTH = 3

/**
 * The first value that has one of these names and that the schema accepts. Searches the object
 * itself first, then the objects at most two levels below it.
 */
export const findIn = <T>(
  body: unknown,
  names: readonly string[],
  schema: z.ZodType<T>,
): T | null => {
  let level: unknown[] = [body]
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const objects = level.filter((value) => typeof value === 'object' && value !== null)
    for (const object of objects) {
      for (const name of names) {
        const found = schema.safeParse((object as Record<string, unknown>)[name])
        if (found.success) return found.data
      }
    }
    level = objects.flatMap((object) => Object.values(object))
  }
  return null
}

const ofCallback = (body: unknown): Notice | null => {
  const { success, data } = callbackSchema.safeParse(body)
  if (!success) return null
  return {
    jobId: data.uploadId,
    listId: data.contactListId,
    status: data.status,
    processed: data.recordsProcessed ?? null,
    failed: data.recordsFailed ?? null,
  }
}

const ofEvent = (body: unknown): Notice | null => {
  const jobId = findIn(body, ['jobId', 'uploadId'], genesysIdSchema)
  if (jobId === null) return null
  const word = findIn(body, ['status', 'state'], z.string())
  return {
    jobId,
    listId: findIn(body, ['contactListId', 'listId'], genesysIdSchema),
    status: WORDS[word?.toLowerCase() ?? ''] ?? null,
    processed: findIn(body, ['recordsProcessed', 'processed'], rows),
    failed: findIn(body, ['recordsFailed', 'failed'], rows),
  }
}

const textOf = (body: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return null
  }
}

/**
 * The parsed body. undefined: the body is not JSON in UTF-8, is nested too deeply, or has an object
 * with two members of one name. A parser keeps the last of two such members, and nobody knows which
 * member the sender meant.
 */
export const jsonOf = (body: Uint8Array): unknown => {
  const text = textOf(body)
  if (text === null || faultOfJson(text) !== null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The name of a member that occurs twice in the outermost object of the body. null: the first fault
 * of the body is not such a member, or the body has no fault of `faultOfJson`.
 */
export const repeatedMember = (body: Uint8Array): string | null => {
  const fault = faultOfJson(textOf(body) ?? '')
  return fault?.kind === 'member-repeated' && fault.level === 1 ? fault.name : null
}

const fieldOf = (name: unknown): NoticeField =>
  NOTICE_FIELDS.find((field) => field === `/${String(name)}`) ?? ''

/**
 * A JSON pointer to the member because of which `readNotice` refused the body. Empty: the whole
 * body is at fault, or the member is not in `NOTICE_FIELDS`. Reveals nothing of the content.
 */
export const noticeFault = (route: UploadWebhookRoute, body: Uint8Array): NoticeField => {
  const repeated = repeatedMember(body)
  if (repeated !== null) return fieldOf(repeated)
  const parsed = jsonOf(body)
  if (typeof parsed !== 'object' || parsed === null) return ''
  if (route !== 'callback') return '/jobId'
  return fieldOf(callbackSchema.safeParse(parsed).error?.issues[0]?.path[0])
}

/** Reads a body whose sender is verified. null: the body does not have the form of the route. */
export const readNotice = (route: UploadWebhookRoute, body: Uint8Array): Notice | null => {
  const parsed = jsonOf(body)
  return route === 'callback' ? ofCallback(parsed) : ofEvent(parsed)
}

/**
 * Returns 32 bytes by which a repeated attempt at one message is recognised. They are made from the
 * signed id. Without a signed id, they are made from the job and its final status, without the time
 * stamp. If the message reports progress or cannot be read, they are made from its bytes.
 */
export const receiptKey = (message: {
  route: UploadWebhookRoute
  messageId: string | null
  partId: string | null
  notice: Notice | null
  body: Uint8Array
}): Buffer => {
  const { route, messageId, partId, notice, body } = message
  if (messageId !== null) return sha256(`signed\0${route}\0${messageId}`)
  const ended = notice !== null && notice.status !== 'in_progress'
  const about = ended ? `${notice.jobId}\0${notice.status ?? ''}` : sha256(body).toString('hex')
  return sha256(`token\0${route}\0${partId ?? ''}\0${about}`)
}
