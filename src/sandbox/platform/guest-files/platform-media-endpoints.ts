import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../../server/endpoint.ts'
import { placeOf, putFile, storageAnswer, target, told } from '../../server/guest-file-answers.ts'
import { type Answer, Refusal } from '../../server/refusal.ts'
import type { SandboxMedia } from '../../state/guest-files/message-media.ts'

/** The most bytes of a file. It is the default of a messaging deployment [platform-api: 2.9]. */
const MOST_BYTES = 10_485_760
const CONVERSATION = '/api/v2/conversations/messages/:conversationId'
const MESSAGES = `${CONVERSATION}/communications/:communicationId/messages`
const STORAGE = '/message-media-storage'

/** UploadMediaRequest of SDK 262. */
const uploadSchema = z.strictObject({
  fileName: z.string().min(1),
  contentLengthBytes: z.int().positive(),
  contentMd5: z.string().optional(),
})
/** AdditionalMessage. A request has exactly one body field [platform-api: 2.9]. */
const messageSchema = z.union([
  z.strictObject({ mediaIds: z.array(z.string()).min(1) }),
  z.strictObject({ textBody: z.string().min(1) }),
])

/**
 * Matches a name with a leading dot, a trailing slash, white space, or a forbidden character
 * [platform-api: 2.9].
 */
const FORBIDDEN_NAME = /^\.|\/$|[\s\\{^}%`\]">[~<#|]/u

/**
 * Refuses the call if the fault plan demands a user's token, or if there is no such communication
 * in a live conversation.
 */
const admit = (
  state: SandboxState,
  call: Call,
): { conversationId: string; communicationId: string } => {
  const { conversationId = '', communicationId = '' } = call.params
  if (state.faults.pick(['user-token-needed'], target(call))) {
    const message =
      'This request requires a user context. Client credentials cannot be used for requests that require a user context.'
    throw new Refusal(400, 'bad.request', message)
  }
  if (!state.messageMedia.has(conversationId, communicationId)) {
    throw new Refusal(404, 'not.found', 'There is no such communication.')
  }
  return { conversationId, communicationId }
}

const register = (state: SandboxState, call: Call): Answer => {
  const of = admit(state, call)
  const parsed = uploadSchema.safeParse(call.body)
  if (!parsed.success) throw new Refusal(400, 'bad.request', 'The body is not valid.')
  const { fileName, contentLengthBytes } = parsed.data
  if (FORBIDDEN_NAME.test(fileName)) {
    throw new Refusal(400, 'invalid.file.name', 'The name of the file is not valid.')
  }
  if (contentLengthBytes > MOST_BYTES) throw new Refusal(413, 'media.too.large', 'At most 10 MB.')
  const media = state.messageMedia.register({ ...of, fileName, contentLengthBytes })
  const verdict = state.faults.pick(['guest-file-verdict'], target(call))
  if (verdict) {
    const { word, afterMs } = verdict
    media.verdict = word === null ? null : { word, afterMs }
  }
  return told(state, call, {
    id: media.id,
    name: fileName,
    uploadUrl: placeOf(state, call, STORAGE, media),
    uploadHeaders: media.headers,
    selfUri: `/api/v2/conversations/messages/${of.conversationId}/media/${media.id}`,
  })
}

const headersFault = (media: SandboxMedia, { headers }: Call): Answer | null => {
  if (headers['authorization'] !== undefined) return storageAnswer(400, 'InvalidArgument')
  if (headers['content-length'] === undefined) return storageAnswer(411, 'MissingContentLength')
  const wanted = new Map(Object.entries(media.headers).map(([k, v]) => [k.toLowerCase(), v]))
  for (const [name, value] of wanted) {
    if (headers[name] !== value) return storageAnswer(403, 'SignatureDoesNotMatch')
  }
  const unsigned = Object.keys(headers).some(
    (name) => name.startsWith('x-amz-') && !wanted.has(name),
  )
  return unsigned ? storageAnswer(403, 'AccessDenied') : null
}

const put = (state: SandboxState, call: Call): Answer => {
  const media = state.messageMedia.at(call.params['mediaId'] ?? '')
  const { isExpired } = state.messageMedia
  const answer = putFile(state, call, media, { isExpired, headersFault })
  if (answer.status === 200) media!.storedAtMs = state.clock.monotonicMs()
  return answer
}

const read = (state: SandboxState, call: Call): Answer => {
  const { conversationId, communicationId } = admit(state, call)
  const id = call.params['mediaId'] ?? ''
  const media = state.messageMedia.find(conversationId, communicationId, id)
  if (media === null) throw new Refusal(404, 'not.found', 'There are no such media.')
  return told(state, call, {
    id,
    name: media.fileName,
    mediaType: 'application/octet-stream',
    contentLengthBytes: media.bytes?.length ?? 0,
    status: state.messageMedia.statusOf(media),
    conversationId,
    communicationId,
  })
}

const send = (state: SandboxState, call: Call): Answer => {
  const { conversationId, communicationId } = admit(state, call)
  const parsed = messageSchema.safeParse(call.body)
  if (!parsed.success) throw new Refusal(400, 'bad.request', 'One body field a message.')
  const mediaIds = 'mediaIds' in parsed.data ? parsed.data.mediaIds : []
  const { messageMedia } = state
  for (const id of mediaIds) {
    const media = messageMedia.find(conversationId, communicationId, id)
    if (media === null || messageMedia.statusOf(media) !== 'valid') {
      throw new Refusal(400, 'media.not.valid', 'The media are not valid.')
    }
  }
  const textBody = 'textBody' in parsed.data ? parsed.data.textBody : null
  const hidden = state.faults.pick(['message-hidden'], target(call))
  const message = messageMedia.send(
    conversationId,
    { communicationId, mediaIds, textBody },
    hidden?.forMs ?? 0,
  )
  return told(state, call, {
    id: message.id,
    timestamp: state.clock.now().toISOString(),
    direction: 'outbound',
    status: 'queued',
    conversationId,
  })
}

const conversation = (state: SandboxState, call: Call): Answer => {
  const { conversationId = '' } = call.params
  if (!state.messageMedia.has(conversationId, null)) {
    throw new Refusal(
      404,
      'not.found',
      'The conversation does not exist, or your tenant may not use it.',
    )
  }
  const messages = state.messageMedia.messagesOf(conversationId).map(({ id, mediaIds }) => ({
    messageId: id,
    messageStatus: 'sent',
    media: mediaIds.map((mediaId) => ({ id: mediaId })),
  }))
  return told(state, call, {
    id: conversationId,
    participants: [
      { id: randomUUID(), purpose: 'customer', messages: [] },
      { id: randomUUID(), purpose: 'agent', messages },
    ],
  })
}

/**
 * Media of messages in a live conversation, the storage for the files, and the messages with media.
 */
export const platformMediaEndpoints = (state: SandboxState): Endpoint[] => [
  platformEndpoint('POST', `${MESSAGES}/media/uploads`, 'media-register', (call) =>
    register(state, call),
  ),
  platformEndpoint('GET', `${MESSAGES}/media/:mediaId`, 'media', (call) => read(state, call)),
  platformEndpoint('POST', MESSAGES, 'message', (call) => send(state, call)),
  platformEndpoint('GET', CONVERSATION, 'conversation', (call) => conversation(state, call)),
  {
    ...platformEndpoint('PUT', `${STORAGE}/:mediaId`, 'media-storage', (call) => put(state, call)),
    ungated: true,
  },
]
