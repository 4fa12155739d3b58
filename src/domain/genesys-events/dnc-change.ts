import { z } from 'zod'

import { sha256 } from '../../lib/digest.ts'
import { genesysIdSchema } from '../ids/ids.ts'
import { findIn, jsonOf, repeatedMember } from './genesys-webhook.ts'

/**
 * The body of Genesys' webhook about a changed DNC list. Genesys documents no form for it
 * [guide-api: DNC lists].
 */
export const dncChangeSchema = z.looseObject({ dncListId: genesysIdSchema })

/** What the webhook reports. `eventId` is the same on every attempt. null: the webhook has none. */
export type DncChange = { dncListId: string; eventId: string | null }

/**
 * What is wrong with a body: a JSON pointer and a reason. It contains nothing of the body itself.
 */
export type DncChangeFault = { pointer: '' | '/dncListId'; reason: string }

const LIST_NAMES = ['dncListId', 'dnclistId', 'listId']
const listObjectSchema = z.looseObject({ id: genesysIdSchema })

/**
 * Reads a body whose sender is verified. Finds the id of the list in the body's members, or in
 * objects at most two levels below.
 */
export const readDncChange = (body: Uint8Array): DncChange | DncChangeFault => {
  const repeated = repeatedMember(body)
  if (repeated !== null) {
    const pointer = repeated === 'dncListId' ? '/dncListId' : ''
    return { pointer, reason: 'must have each member once' }
  }
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
  // If the event has no id, the only `id` in the body may be the id of the list. Many events have
  // the same list, so this id does not identify the event.
  return { dncListId, eventId: eventId === dncListId ? null : eventId }
}

const MINUTE_MS = 60_000

/**
 * Returns 32 bytes by which a repeated attempt at one message is recognised. They are made from the
 * signed id. If there is none, they are made from the event's id. If the event has no id either,
 * they are made from the bytes and the minute. In this last case, two changes with the same bytes
 * in the same minute count as one message. An attempt in a later minute counts as a new change,
 * because reporting a change twice is better than missing it.
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
