import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'

import { guestFileSchema as shape } from '../../../src/http/routes/guest-files/guest-file-schemas.ts'
import { CONTACT, CONVERSATION, fileClientOf } from '../../support/guest-files/file-client.ts'
import { pngOf } from '../../support/guest-files/images.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const PNG = pngOf({ width: 40, height: 30 })

describe('Files into a conversation over HTTP', () => {
  const { stage, gateway } = stageOfSuite('platform', ({ crm }) => ({
    DMS_SYNC_URL: crm.url,
    DMS_SYNC_SECRET: crm.secret,
  }))
  const { send, ended } = fileClientOf(gateway, CONVERSATION)
  afterEach(() => stage().sandbox.setFaults([]))

  test('a picture becomes the media of one message, and the document system hears of it', async () => {
    const { status, body, headers, text } = await send('Foto 1.png', PNG)
    assert.equal(status, 202, text)
    assert.ok(shape.safeParse(body).success, text)
    assert.equal(headers.get('location'), `/v1/guest-files/${body.id}`)
    assert.deepEqual(
      [body.externalContactId, body.conversationId, body.communicationId, body.mediaId],
      [null, 'demo-conversation', 'demo-communication', null],
    )
    const file = await ended(body.id)
    assert.deepEqual(
      [file.state, file.genesys.status, file.genesys.virusScan, file.mediaId],
      ['stored', 'completed', 'pending', file.genesys.fileId],
    )
    assert.deepEqual(
      stage()
        .sandbox.messageMedia()
        .map((media) => [media.id, media.fileName, media.messages]),
      [[file.mediaId, 'Foto_1.png', 1]],
    )
    const told = await stage().crm.message(({ type }) => type === 'guest_file.stored')
    const data = told.data as unknown as Record<string, unknown>
    assert.deepEqual(
      [data['guestFileId'], data['fileId'], data['conversationId'], data['externalContactId']],
      [file.id, file.mediaId, 'demo-conversation', null],
    )
  })

  test('what is certainly wrong is refused at once, as for a person', async () => {
    const before = stage().sandbox.messageMedia().length
    for (const [name, content, status, code] of [
      ['photo.png', Buffer.from('MZ'), 422, 'file-type-mismatch'],
      ['page.html', '<html>', 415, 'file-type-not-allowed'],
      ['a.txt', '', 422, 'file-empty'],
      ['a.txt', Buffer.alloc(10_485_761, 'a'), 413, 'file-too-large'],
    ] as const) {
      const { status: answered, body } = await send(name, content)
      assert.deepEqual([answered, body.code], [status, code])
    }
    assert.equal(stage().sandbox.messageMedia().length, before)
  })

  test('the same key and bytes are the same file, of this conversation', async () => {
    const first = await send('a.txt', 'the same', { key: 'same' })
    const second = await send('a.txt', 'the same', { key: 'same' })
    assert.deepEqual([second.status, second.body.id], [202, first.body.id])
    const path = '/v1/conversations/other/communications/demo-communication/files'
    const other = await send('a.txt', 'the same', { key: 'same', path })
    assert.notEqual(other.body.id, first.body.id)
    const file = await ended(other.body.id)
    assert.deepEqual([file.state, file.problem?.code], ['failed', 'conversation-refused'])
  })

  test('an org that asks for a user is told of with the right to look at, and nothing is sent', async () => {
    stage().sandbox.setFaults([{ kind: 'user-token-needed' }])
    const { body } = await send('a.txt', 'for users alone')
    const file = await ended(body.id)
    assert.deepEqual([file.state, file.problem?.code], ['failed', 'media-needs-user-token'])
    assert.match(file.problem?.detail ?? '', /conversation:message:create/u)
    const told = await stage().crm.message(({ type }) => type === 'guest_file.rejected')
    assert.ok(told)
  })

  test('files for a person are of the other dialect', async () => {
    const { status, body } = await send('a.txt', 'a', { path: CONTACT })
    assert.deepEqual([status, body.code], [400, 'capability-not-available'])
  })

  test('neither name, conversation, content nor URL reaches the log', async () => {
    const { body } = await send('canary-file-name.txt', 'canary-content')
    await ended(body.id)
    const log = gateway().output.join('\n')
    for (const secret of ['canary-', 'demo-conversation', 'X-Amz-Signature', 'media-storage/']) {
      assert.ok(!log.includes(secret), secret)
    }
  })
})
