import { z } from 'zod'

import { sha256 } from '../../lib/digest.ts'
import { genesysIdSchema } from '../ids/ids.ts'

/**
 * The addresses that Genesys calls. `callback`: the URL given with one upload part; `event` and
 * `dnc`: the targets of the subscriptions.
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
 * The events that the gateway subscribes to, once each [guide-001] [guide-api: DNC lists]. The
 * capability token of a subscription contains its `part` and `eventType`, in the place of a part
 * and its list.
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
 * The content of a webhook. It is a hint: the gateway believes nothing of it before it has checked
 * with Genesys.
 */
export type Notice = {
  /** Genesys' `uploadId` or `jobId`; they are the same thing. */
  jobId: string
  listId: string | null
  /** null: an event that names none; it speaks of an end. */
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

/** The event's payload is nowhere specified: an object that names a job somewhere. */
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

/** The first value under one of these names that the schema accepts, outer objects first. */
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

/** The content of a body. undefined if it is not JSON in UTF-8. */
export const jsonOf = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

/**
 * The member at fault in a body that `readNotice` did not accept, as a JSON pointer. Empty: the
 * body as a whole. It contains nothing of the body.
 */
export const noticeFault = (route: UploadWebhookRoute, body: Uint8Array): NoticeField => {
  const parsed = jsonOf(body)
  if (typeof parsed !== 'object' || parsed === null) return ''
  if (route !== 'callback') return '/jobId'
  const path = callbackSchema.safeParse(parsed).error?.issues[0]?.path[0]
  return NOTICE_FIELDS.find((field) => field === `/${String(path)}`) ?? ''
}

/** Reads a body whose sender is proven. null if it does not have the form of the route. */
export const readNotice = (route: UploadWebhookRoute, body: Uint8Array): Notice | null => {
  const parsed = jsonOf(body)
  return route === 'callback' ? ofCallback(parsed) : ofEvent(parsed)
}

/**
 * 32 bytes that are equal for the same message: the same signed id, or the same report about the
 * same job, whatever its time stamp. Progress and unreadable messages are compared by their bytes.
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
