import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { GuestFileTarget } from '../../domain/guest-files/guest-file.ts'
import type { FileSaid, GuestFilePort } from '../../workflows/ports/guest-files/guest-files.ts'
import { pathSegment } from '../calls/path-segment.ts'
import { md5Of, type PutPresigned } from '../calls/presigned.ts'
import type { Caller } from '../calls/retry.ts'

const id = z.string().min(1).max(255)
/**
 * The headers that Genesys may set for the transfer. Names and values must not contain a character
 * that ends a header line. The names authorization, host, connection and transfer-encoding are not
 * allowed.
 */
const headersSchema = z
  .record(
    z.string().regex(/^(?!authorization$|host$|connection$|transfer-encoding$)[\w-]{1,100}$/iu),
    z.string().regex(/^[\x20-\x7e]{0,4096}$/u),
  )
  .nullish()
/** MessageMediaUploadData of SDK 262. If `id` or `uploadUrl` is missing, the outcome is unknown. */
const placeSchema = z.looseObject({
  id,
  uploadUrl: z.url().max(8_192),
  uploadHeaders: headersSchema,
})
/**
 * MessageMediaData. Its status is `uploading`, `valid` or `invalid`. Any other status counts as no
 * answer.
 */
const mediaSchema = z.looseObject({ id, status: z.unknown().optional() })
const messageSchema = z.looseObject({ id })
const listOf = <T extends z.ZodType>(schema: T) => z.array(schema).nullish()
/** MessageConversation: the messages of all participants, with the ids of their media. */
const conversationSchema = z.looseObject({
  participants: listOf(
    z.looseObject({
      messages: listOf(
        z.looseObject({ media: listOf(z.looseObject({ id: z.string().nullish() })) }),
      ),
    }),
  ),
})

const RIGHT = { create: 'conversation:message:create', view: 'conversation:communication:view' }
const CONVERSATIONS = '/api/v2/conversations/messages'

/**
 * A call ends within 30 s, and its message appears in the conversation a moment later. If a message
 * does not appear within a minute, it was not sent. If the gateway sent the message again within
 * that minute, the guest could get it twice.
 */
const SETTLE_MS = 60_000

const conversationOf = (target: GuestFileTarget) => {
  if (target.kind !== 'conversation') throw new Error('this dialect has no files of contacts')
  const conversation = `${CONVERSATIONS}/${pathSegment(target.conversationId)}`
  const communication = pathSegment(target.communicationId)
  return { conversation, messages: `${conversation}/communications/${communication}/messages` }
}

const lengthIn = (headers: Record<string, string>): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'content-length')

const said = (fileId: string, isSent: boolean): FileSaid => ({
  fileId,
  status: isSent ? 'completed' : 'pending',
  // Genesys reports no virus scan here.
  virusScan: null,
})

const registerWith =
  (call: Caller): GuestFilePort['register'] =>
  async ({ target, fileName, sizeBytes }, context) => {
    const body = { fileName, contentLengthBytes: sizeBytes }
    const answer = await call(
      {
        operation: 'create-message-media',
        method: 'POST',
        path: `${conversationOf(target).messages}/media/uploads`,
        body: Buffer.from(JSON.stringify(body)),
        schema: placeSchema,
        right: RIGHT.create,
      },
      context,
    )
    const given = answer.uploadHeaders ?? {}
    const headers = lengthIn(given) ? given : { ...given, 'content-length': String(sizeBytes) }
    return { fileId: answer.id, place: { uploadUrl: answer.uploadUrl, headers } }
  }

const judgeWith =
  (call: Caller): NonNullable<GuestFilePort['judge']> =>
  async ({ target, fileId }, context) => {
    const operation = 'read-message-media'
    const media = await call(
      {
        operation,
        method: 'GET',
        path: `${conversationOf(target).messages}/media/${pathSegment(fileId)}`,
        schema: mediaSchema,
        right: RIGHT.create,
      },
      context,
    )
    // An answer about another media file proves nothing about this file.
    if (media.id !== fileId) throw new GenesysFailure('malformed_answer', operation)
    return media.status === 'valid' || media.status === 'invalid' ? media.status : 'unsaid'
  }

const confirmWith =
  (call: Caller): GuestFilePort['confirm'] =>
  async ({ target, fileId }, context) => {
    await call(
      {
        operation: 'send-media-message',
        method: 'POST',
        path: conversationOf(target).messages,
        body: Buffer.from(JSON.stringify({ mediaIds: [fileId] })),
        schema: messageSchema,
        right: RIGHT.create,
      },
      context,
    )
    return said(fileId, true)
  }

const readWith =
  (call: Caller): GuestFilePort['read'] =>
  async ({ target, fileId }, context) => {
    const { participants } = await call(
      {
        operation: 'read-message-conversation',
        method: 'GET',
        path: conversationOf(target).conversation,
        schema: conversationSchema,
        right: RIGHT.view,
      },
      context,
    )
    const messages = (participants ?? []).flatMap((participant) => participant.messages ?? [])
    const isSent = messages.some(({ media }) => media?.some((one) => one.id === fileId))
    return said(fileId, isSent)
  }

/**
 * Media files for messages in a live conversation, in the platform dialect: a pre-signed URL,
 * Genesys' check of the file, and a message with the file.
 */
export const createMessageMedia = ({
  call,
  put,
}: {
  call: Caller
  put: PutPresigned
}): GuestFilePort => ({
  takes: 'conversation',
  confirmsAgain: { effect: 'twice', settleMs: SETTLE_MS },
  register: registerWith(call),
  put: async ({ uploadUrl: url, headers }, body, context) => {
    const { etag } = await put({ operation: 'put-message-media', url, headers, body }, context)
    return { etag: md5Of(etag) }
  },
  judge: judgeWith(call),
  confirm: confirmWith(call),
  read: readWith(call),
})
