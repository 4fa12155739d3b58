import assert from 'node:assert/strict'
import { before, test } from 'node:test'

import type { GuestFileTarget } from '../../../src/domain/guest-files/guest-file.ts'
import { sha256Hex } from '../../../src/lib/digest.ts'
import { eachHome } from '../../support/databases/database.ts'
import { createLife, Killed } from '../../support/gateway/kill-points.ts'
import type { FileStage } from '../../support/guest-files/file-stage.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

type Faults = Parameters<FileStage['setFaults']>[0]

const elsewhere = (conversationId: string, communicationId = 'agent'): GuestFileTarget => ({
  kind: 'conversation',
  conversationId,
  communicationId,
})

eachHome('Guest files on their way into a conversation', (home) => {
  const at = fileSuite(home, { dialect: 'platform' })
  before(() => at.stage.sandbox.makeConversation('second', 'agent'))

  const sentIn = (conversationId: string, content: string) =>
    at.stage.sandbox
      .messageMedia()
      .filter(
        (media) => media.conversationId === conversationId && media.sha256 === sha256Hex(content),
      )
      .flatMap(({ id, messages }) => Array.from({ length: messages }, () => id))
  let files = 0
  const ended = async (faults: Faults, change: Parameters<FileStage['send']>[1] = {}) => {
    const content = `${TEXT} ${(files += 1)}`
    const id = await at.stage.send(content, change)
    at.stage.setFaults(faults)
    await at.stage.work(1_000)
    return { file: await at.stage.find(id), sent: sentIn('demo-conversation', content) }
  }

  test('media are made, put, found valid, and sent in one message; the bytes are shredded', async () => {
    const { file, sent } = await ended([])
    assert.equal(file.state, 'stored')
    assert.deepEqual(file.genesys, {
      fileId: sent[0],
      status: 'completed',
      // Genesys reports no scan of media, and the gateway does not make one up.
      virusScan: 'pending',
    })
    assert.equal(sent.length, 1)
    assert.ok(file.latencyMs !== null && file.storedAt !== null)
    const { rows } = await at.store.sql.executeSql(
      `select 1 from guest_file_piece where guest_file_id = '${file.id}'`,
    )
    assert.equal(rows.length, 0)
    const { rows: told } = await at.store.sql.executeSql(
      `select action from audit_entry where object = '${file.id}' and action <> 'guest_file.moved' order by at, id`,
    )
    assert.deepEqual(
      (told as { action: string }[]).map(({ action }) => action),
      ['accepted', 'scanned', 'registered', 'transferred', 'stored'].map(
        (as) => `guest_file.${as}`,
      ),
    )
  })

  const count = home.kind === 'server' ? 100 : 22
  test(`killed before and after every effect, ${count} files are sent once each, into the right conversation`, async () => {
    for (let n = 0; n < count; n += 1) {
      const conversationId = n % 2 === 0 ? 'demo-conversation' : 'second'
      const content = `file ${n} for ${conversationId}`
      const target = elsewhere(conversationId, n % 2 === 0 ? 'demo-communication' : 'agent')
      const id = await at.stage.send(content, { target })
      const life = createLife(1 + (n % 22))
      try {
        while ((await at.stage.workOnce(life)) !== null) continue
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
      await at.stage.freeLeases()
      await at.stage.work(1_000)
      const file = await at.stage.find(id)
      assert.equal(file.state, 'stored', `file ${n}`)
      assert.deepEqual(sentIn(conversationId, content), [file.genesys.fileId], `file ${n}`)
    }
  })

  const passing: readonly (readonly [string, Faults])[] = [
    ['a URL that is refused (403)', [{ kind: 'presigned-expired', count: 2 }]],
    [
      'a storage that is away',
      [{ kind: 'status', operation: 'media-storage', status: 503, count: 3 }],
    ],
    [
      'a transfer whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'media-storage', count: 1 }],
    ],
    ['half of a file that is stored', [{ kind: 'guest-file-cut', count: 1 }]],
    [
      'a place whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'media-register', count: 1 }],
    ],
    [
      'media that take long',
      [{ kind: 'guest-file-verdict', word: 'valid', afterMs: 3_600_000, count: 1 }],
    ],
    [
      'media without a status, for a while',
      [{ kind: 'guest-file-answer', operation: 'media', without: ['status'], count: 3 }],
    ],
    [
      'media with a status that nobody knows, for a while',
      [{ kind: 'guest-file-answer', operation: 'media', says: { status: 'VALID' }, count: 3 }],
    ],
    [
      'an answer about other media',
      [
        {
          kind: 'guest-file-answer',
          operation: 'media',
          says: { id: 'other', status: 'valid' },
          count: 2,
        },
      ],
    ],
    [
      'calls that are throttled',
      [{ kind: 'status', status: 429, count: 4, retryAfter: 'seconds' }],
    ],
    [
      'a message that is throttled',
      [{ kind: 'status', operation: 'message', status: 429, count: 3, retryAfter: 'seconds' }],
    ],
    [
      'a message that is refused for a moment',
      [{ kind: 'status', operation: 'message', status: 503, count: 2 }],
    ],
    ['a message that never arrives', [{ kind: 'reset', operation: 'message', count: 2 }]],
    [
      'a message whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'message', count: 1 }],
    ],
    ['a message whose answer is cut', [{ kind: 'truncated-body', operation: 'message', count: 1 }]],
    [
      'a message whose answer has no id',
      [{ kind: 'guest-file-answer', operation: 'message', without: ['id'], count: 1 }],
    ],
    [
      'a message whose answer is lost, and that shows late',
      [
        { kind: 'executed-then-reset', operation: 'message', count: 1 },
        { kind: 'message-hidden', forMs: 45_000 },
      ],
    ],
    [
      'a message whose answer is lost, and a conversation that cannot be read',
      [
        { kind: 'executed-then-reset', operation: 'message', count: 1 },
        { kind: 'status', operation: 'conversation', status: 500, count: 12 },
      ],
    ],
  ]
  for (const [what, faults] of passing) {
    test(`${what} ends in one message`, async () => {
      const { file, sent } = await ended(faults)
      assert.deepEqual([file.state, sent.length], ['stored', 1], JSON.stringify(file.problem))
      assert.equal(sent[0], file.genesys.fileId)
    })
  }

  const failing: readonly (readonly [string, Faults, string, string])[] = [
    [
      'media that are invalid',
      [{ kind: 'guest-file-verdict', word: 'invalid' }],
      'rejected',
      'file-refused-by-genesys',
    ],
    [
      'media that are invalid late',
      [{ kind: 'guest-file-verdict', word: 'invalid', afterMs: 7_200_000 }],
      'rejected',
      'file-refused-by-genesys',
    ],
    [
      'media that stay uploading',
      [{ kind: 'guest-file-verdict', word: null }],
      'failed',
      'file-not-confirmed',
    ],
    [
      'credentials that are no user',
      [{ kind: 'user-token-needed', operation: 'media-register' }],
      'failed',
      'media-needs-user-token',
    ],
    [
      'credentials that may make media and send no message',
      [{ kind: 'user-token-needed', operation: 'message' }],
      'failed',
      'media-needs-user-token',
    ],
    [
      'a right that is missing (403)',
      [{ kind: 'status', operation: 'media-register', status: 403 }],
      'failed',
      'media-needs-user-token',
    ],
    [
      'a conversation that has ended when the message is sent',
      [{ kind: 'status', operation: 'message', status: 404 }],
      'failed',
      'conversation-refused',
    ],
    [
      'a size that Genesys does not take',
      [{ kind: 'status', operation: 'media-register', status: 413 }],
      'rejected',
      'file-too-large-for-genesys',
    ],
    [
      'a name that Genesys does not take',
      [{ kind: 'status', operation: 'media-register', status: 400, code: 'invalid.file.name' }],
      'failed',
      'file-refused-by-genesys',
    ],
    [
      'a storage that keeps other bytes',
      [{ kind: 'guest-file-cut' }],
      'failed',
      'file-transfer-corrupt',
    ],
    [
      'a URL of another host',
      [{ kind: 'guest-file-host', origin: 'https://evil.example' }],
      'failed',
      'file-refused-by-genesys',
    ],
    [
      'headers that would break out of the request',
      [
        {
          kind: 'guest-file-answer',
          operation: 'media-register',
          says: { uploadHeaders: { authorization: 'x' } },
          count: 200,
        },
      ],
      'held',
      'guest-file-held-genesys-unavailable',
    ],
  ]
  for (const [what, faults, state, code] of failing) {
    test(`${what}: ${state}, ${code}, and no message`, async () => {
      const content = `${what} ${TEXT}`
      const id = await at.stage.send(content)
      at.stage.setFaults(faults)
      await at.stage.work(state === 'held' ? 4 : 1_000)
      const file = await at.stage.find(id)
      assert.deepEqual([file.state, file.problem?.code], [state, code])
      assert.deepEqual(sentIn('demo-conversation', content), [])
      at.stage.setFaults([])
      await at.stage.work(1_000)
    })
  }

  test('a message that may have been sent is not sent again where Genesys does not let us look', async () => {
    const { file, sent } = await ended([
      { kind: 'executed-then-reset', operation: 'message', count: 1 },
      { kind: 'status', operation: 'conversation', status: 403 },
    ])
    assert.deepEqual([file.state, file.problem?.code], ['failed', 'file-not-confirmed'])
    assert.equal(sent.length, 1)
  })

  test('an unknown conversation, and one of another communication, fail the file', async () => {
    for (const target of [elsewhere('nowhere'), elsewhere('second', 'demo-communication')]) {
      const { file } = await ended([], { target })
      assert.deepEqual([file.state, file.problem?.code], ['failed', 'conversation-refused'])
    }
  })

  test('a conversation that the tenant is not granted is not there, and a person is of another dialect', async () => {
    await at.store.sql.executeSql(`delete from tenant_grant where kind = 'conversation'`)
    await assert.rejects(at.stage.send(TEXT), { code: 'not-found' })
    await at.store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    const person = { kind: 'external_contact', externalContactId: 'demo-guest' } as const
    await assert.rejects(at.stage.send(TEXT, { target: person }), {
      code: 'capability-not-available',
    })
  })
})
