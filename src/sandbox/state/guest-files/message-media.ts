import { createHash, randomBytes, randomUUID } from 'node:crypto'

import type { Clock } from '../../../lib/clock.ts'

/**
 * How long a URL is valid. Genesys publishes no time for media files, so the sandbox uses the time
 * of the guides.
 */
const URL_LIVES_MS = 15 * 60_000

export type SandboxMedia = {
  id: string
  conversationId: string
  communicationId: string
  fileName: string
  contentLengthBytes: number
  signature: string
  /** The headers that the PUT must repeat unchanged. */
  headers: Record<string, string>
  madeAtMs: number
  /** The stored bytes. null: none. */
  bytes: Buffer | null
  puts: number
  storedAtMs: number | null
  /** Genesys' verdict, and how long after the PUT it is known. null: the file stays `uploading`. */
  verdict: { word: string; afterMs: number } | null
}

export type SandboxMessage = {
  id: string
  communicationId: string
  mediaIds: string[]
  textBody: string | null
  /** When the message begins to show in its conversation. */
  showsAtMs: number
}

/** What the sandbox stores of one media file. Tests compare it with what the gateway sent. */
export type MessageMediaReport = {
  id: string
  conversationId: string
  communicationId: string
  fileName: string
  /** The digest of the stored bytes. null: none are stored. */
  sha256: string | null
  status: string
  puts: number
  /** The number of messages that contain the file. */
  messages: number
}

export type MessageMedia = {
  /**
   * Makes a live conversation with this communication. If the conversation exists, adds the
   * communication.
   */
  addConversation(id: string, communicationId: string): void
  has(conversationId: string, communicationId: string | null): boolean
  register(
    media: Pick<
      SandboxMedia,
      'conversationId' | 'communicationId' | 'fileName' | 'contentLengthBytes'
    >,
  ): SandboxMedia
  find(conversationId: string, communicationId: string, id: string): SandboxMedia | null
  /** The media file by its id alone, as a storage finds it. */
  at(id: string): SandboxMedia | null
  isExpired(media: SandboxMedia): boolean
  statusOf(media: SandboxMedia): string
  send(
    conversationId: string,
    message: Pick<SandboxMessage, 'communicationId' | 'mediaIds' | 'textBody'>,
    hiddenForMs: number,
  ): SandboxMessage
  /** The messages that already show in the conversation. */
  messagesOf(conversationId: string): SandboxMessage[]
  report(): MessageMediaReport[]
  reset(): void
}

const DEMO = { conversationId: 'demo-conversation', communicationId: 'demo-communication' }

type Held = {
  conversations: Map<string, Set<string>>
  mediaById: Map<string, SandboxMedia>
  sent: Map<string, SandboxMessage[]>
}

const statusOf = (
  clock: Clock,
  { storedAtMs, verdict, bytes, contentLengthBytes }: SandboxMedia,
): string => {
  if (storedAtMs === null || verdict === null) return 'uploading'
  if (clock.monotonicMs() - storedAtMs < verdict.afterMs) return 'uploading'
  return bytes?.length === contentLengthBytes ? verdict.word : 'invalid'
}

const reportOf = (clock: Clock, { mediaById, sent }: Held): MessageMediaReport[] => {
  const messages = [...sent.values()].flat()
  return [...mediaById.values()].map((media) => ({
    id: media.id,
    conversationId: media.conversationId,
    communicationId: media.communicationId,
    fileName: media.fileName,
    sha256: media.bytes === null ? null : createHash('sha256').update(media.bytes).digest('hex'),
    status: statusOf(clock, media),
    puts: media.puts,
    messages: messages.filter(({ mediaIds }) => mediaIds.includes(media.id)).length,
  }))
}

const newMedia = (clock: Clock) => ({
  id: randomUUID(),
  signature: randomBytes(32).toString('hex'),
  headers: { 'x-amz-tagging': 'organizationId=sandbox', 'Content-Type': 'binary/octet-stream' },
  madeAtMs: clock.monotonicMs(),
  bytes: null,
  puts: 0,
  storedAtMs: null,
  verdict: { word: 'valid', afterMs: 0 },
})

/**
 * Begins with the conversation `DEMO`. By default, a file is `valid` as soon as all of its bytes
 * are stored. A file of another length than announced is `invalid`.
 */
export const createMessageMedia = ({ clock }: { clock: Clock }): MessageMedia => {
  const held: Held = { conversations: new Map(), mediaById: new Map(), sent: new Map() }
  const { conversations, mediaById, sent } = held
  const addConversation = (id: string, communicationId: string): void => {
    conversations.set(id, (conversations.get(id) ?? new Set()).add(communicationId))
  }
  addConversation(DEMO.conversationId, DEMO.communicationId)
  return {
    addConversation,
    has: (conversationId, communicationId) => {
      const communications = conversations.get(conversationId)
      return communications !== undefined
        ? communicationId === null || communications.has(communicationId)
        : false
    },
    register: (media) => {
      const made: SandboxMedia = { ...newMedia(clock), ...media }
      mediaById.set(made.id, made)
      return made
    },
    find: (conversationId, communicationId, id) => {
      const media = mediaById.get(id)
      const isOurs =
        media?.conversationId === conversationId && media.communicationId === communicationId
      return isOurs ? media : null
    },
    at: (id) => mediaById.get(id) ?? null,
    isExpired: ({ madeAtMs }) => clock.monotonicMs() - madeAtMs >= URL_LIVES_MS,
    statusOf: (media) => statusOf(clock, media),
    send: (conversationId, message, hiddenForMs) => {
      const made = { ...message, id: randomUUID(), showsAtMs: clock.monotonicMs() + hiddenForMs }
      sent.set(conversationId, [...(sent.get(conversationId) ?? []), made])
      return made
    },
    messagesOf: (conversationId) =>
      (sent.get(conversationId) ?? []).filter(({ showsAtMs }) => clock.monotonicMs() >= showsAtMs),
    report: () => reportOf(clock, held),
    reset: () => {
      conversations.clear()
      mediaById.clear()
      sent.clear()
      addConversation(DEMO.conversationId, DEMO.communicationId)
    },
  }
}
