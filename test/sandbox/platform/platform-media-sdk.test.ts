import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Models } from 'purecloud-platform-client-v2'

import { createManualClock } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

const HERE = ['demo-conversation', 'demo-communication'] as const
/** The types also demand textBody, but the platform accepts only one body field in a message. */
const withMedia = (...mediaIds: string[]) => ({ mediaIds }) as unknown as Models.AdditionalMessage

const open = async (t: Parameters<typeof openWithSdk>[0]) => {
  const clock = createManualClock()
  const opened = await openWithSdk(t, { clock })
  const { conversations } = opened
  const make = (fileName: string, contentLengthBytes = 5) =>
    conversations.postConversationsMessageCommunicationMessagesMediaUploads(...HERE, {
      fileName,
      contentLengthBytes,
    })
  const put = async (
    { uploadUrl, uploadHeaders }: Models.MessageMediaUploadData,
    { body = 'hello', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
  ) =>
    (await fetch(uploadUrl!, { method: 'PUT', headers: { ...uploadHeaders, ...headers }, body }))
      .status
  const statusOf = async (id: string | undefined) =>
    (await conversations.getConversationsMessageCommunicationMessagesMediaMediaId(...HERE, id!))
      .status
  return { ...opened, clock, make, put, statusOf }
}

test('the official SDK makes media, puts them, sees them valid, and sends them in a message', async (t) => {
  const { conversations, sandbox, make, put, statusOf } = await open(t)
  const media = await make('notes.txt')
  assert.equal(await statusOf(media.id), 'uploading')
  const early = conversations.postConversationsMessageCommunicationMessages(
    ...HERE,
    withMedia(media.id!),
  )
  assert.equal(await codeOf(early), '400 media.not.valid')
  assert.equal(await put(media), 200)
  assert.equal(await statusOf(media.id), 'valid')
  const message = await conversations.postConversationsMessageCommunicationMessages(
    ...HERE,
    withMedia(media.id!),
  )
  const seen = await conversations.getConversationsMessage(HERE[0])
  const messages = seen.participants!.flatMap((participant) => participant.messages ?? [])
  assert.deepEqual(
    messages.map(({ messageId, media: shown }) => [messageId, shown?.[0]?.id]),
    [[message.id, media.id]],
  )
  assert.deepEqual(
    sandbox.messageMedia().map(({ status, puts, messages: times }) => [status, puts, times]),
    [['valid', 1, 1]],
  )
})

test('a name, a size, a body and a conversation that the platform does not take are refused', async (t) => {
  const { conversations, make } = await open(t)
  for (const name of [
    '.hidden',
    'a/',
    'a b.txt',
    'a#b',
    'a|b',
    'a\\b',
    'a<b',
    'a~b',
    'a[b',
    'a%b',
  ]) {
    assert.equal(await codeOf(make(name)), '400 invalid.file.name', name)
  }
  assert.equal(await codeOf(make('a.txt', 10_485_761)), '413 media.too.large')
  const both = { textBody: 'a', mediaIds: ['b'] }
  const sent = conversations.postConversationsMessageCommunicationMessages(...HERE, both)
  assert.equal(await codeOf(sent), '400 bad.request')
  const elsewhere = conversations.postConversationsMessageCommunicationMessagesMediaUploads(
    ...['demo-conversation', 'nobody'],
    { fileName: 'a.txt', contentLengthBytes: 1 },
  )
  assert.equal(await codeOf(elsewhere), '404 not.found')
})

test('the storage takes the signed headers and no others, and a URL dies after 15 minutes', async (t) => {
  const { clock, make, put } = await open(t)
  const media = await make('a.txt')
  assert.equal(await put(media, { headers: { authorization: 'Bearer x' } }), 400)
  assert.equal(await put(media, { headers: { 'x-amz-acl': 'public-read' } }), 403)
  assert.equal(await put(media, { headers: { 'Content-Type': 'text/plain' } }), 403)
  clock.advance(15 * 60_000)
  assert.equal(await put(media), 403)
})

test('media become valid or invalid late or never, a message shows late, and a user may be asked for', async (t) => {
  const { conversations, sandbox, clock, make, put, statusOf } = await open(t)
  sandbox.setFaults([
    { kind: 'guest-file-verdict', word: 'invalid', afterMs: 1_000, count: 1 },
    { kind: 'guest-file-verdict', word: null, count: 1 },
    { kind: 'message-hidden', forMs: 5_000 },
  ])
  const [bad, never, good] = [await make('a.txt'), await make('b.txt'), await make('c.txt')]
  for (const media of [bad, never, good]) await put(media)
  assert.equal(await statusOf(bad.id), 'uploading')
  clock.advance(1_000)
  const statuses = [await statusOf(bad.id), await statusOf(never.id), await statusOf(good.id)]
  assert.deepEqual(statuses, ['invalid', 'uploading', 'valid'])
  await conversations.postConversationsMessageCommunicationMessages(...HERE, withMedia(good.id!))
  const shown = async () =>
    (await conversations.getConversationsMessage(HERE[0])).participants!.flatMap(
      ({ messages }) => messages ?? [],
    ).length
  assert.equal(await shown(), 0)
  clock.advance(5_000)
  assert.equal(await shown(), 1)
  sandbox.setFaults([{ kind: 'user-token-needed' }])
  assert.equal(await codeOf(make('d.txt')), '400 bad.request')
})
