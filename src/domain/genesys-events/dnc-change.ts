import { z } from 'zod'

import { sha256 } from '../../lib/digest.ts'
import { genesysIdSchema } from '../ids/ids.ts'
import { findIn, jsonOf } from './genesys-webhook.ts'

/**
 * The body of Genesys' webhook that entries of a DNC list changed. Its payload is specified nowhere
 * [guide-api: DNC lists].
 */
export const dncChangeSchema = z.looseObject({ dncListId: genesysIdSchema })

/**
 * A webhook's report about a DNC list. `eventId`: the same on every attempt. null if the webhook
 * has none.
 */
export type DncChange = { dncListId: string; eventId: string | null }

/** The fault of a body: a JSON pointer and words. It contains nothing of the body. */
export type DncChangeFault = { pointer: '' | '/dncListId'; reason: string }

const LIST_NAMES = ['dncListId', 'dnclistId', 'listId']
const listObjectSchema = z.looseObject({ id: genesysIdSchema })

/** Reads a body whose sender is proven: the id of the list at most two levels deep. */
export const readDncChange = (body: Uint8Array): DncChange | DncChangeFault => {
  const parsed = jsonOf(body)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { pointer: '', reason: 'must be a JSON object' }
  }
  const dncListId =
    findIn(parsed, LIST_NAMES, genesysIdSchema) ??
    findIn(parsed, ['dncList'], listObjectSchema)?.id ??
    null
  if (dncListId === null) {
    return { pointer: '/dncListId', reason: 'must be the id of a DNC list' }
  }
  const eventId = findIn(parsed, ['eventId', 'id'], z.string().min(1).max(200))
  // The only id there may be is that of the list itself, which many events have.
  return { dncListId, eventId: eventId === dncListId ? null : eventId }
}

const MINUTE_MS = 60_000

/**
 * 32 bytes that are equal for the same message: the same signed id, the same event, or the same
 * bytes within a minute. Without an id two changes may look alike. Then it is better to report one
 * change twice than to miss one.
 */
export const dncChangeKey = (message: {
  messageId: string | null
  change: DncChange | null
  body: Uint8Array
  now: Date
}): Buffer => {
  const { messageId, change, body, now } = message
  if (messageId !== null) return sha256(`signed\0dnc\0${messageId}`)
  if (change !== null && change.eventId !== null) {
    return sha256(`event\0dnc\0${change.dncListId}\0${change.eventId}`)
  }
  const minute = Math.floor(now.getTime() / MINUTE_MS)
  return sha256(`bytes\0dnc\0${minute}\0${sha256(body).toString('hex')}`)
}
