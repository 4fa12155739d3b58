import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sha256Hex } from '../../../src/lib/digest.ts'
import { eachHome } from '../../support/databases/database.ts'
import { createLife, Killed } from '../../support/gateway/kill-points.ts'
import { contactTarget, type FileStage } from '../../support/guest-files/file-stage.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

eachHome('Guest files that go to Genesys', (home) => {
  const at = fileSuite(home)

  const confirmedOf = (contact: string, sha256: string) =>
    at.stage.sandbox
      .guestFiles()
      .filter(
        (file) => file.confirmed && file.externalContactId === contact && file.sha256 === sha256,
      )

  test('a file is registered, put, confirmed and followed to its verdict; its bytes are shredded', async () => {
    const id = await at.stage.send(TEXT)
    assert.equal(await at.piecesOf(id), 1)
    await at.stage.work()
    const file = await at.stage.find(id)
    assert.equal(file.state, 'stored')
    assert.deepEqual(file.genesys, {
      fileId: file.genesys.fileId,
      status: 'completed',
      virusScan: 'passed',
    })
    assert.equal(file.scan.verdict, 'not-configured')
    assert.equal(confirmedOf('demo-guest', file.sha256).length, 1)
    assert.equal(await at.piecesOf(id), 0)
  })

  // Each step is met five times. On the embedded home, which is slower, once.
  const files = home.kind === 'server' ? 100 : 20
  test(`killed before and after every effect, ${files} files are confirmed once each, on the right contact`, async () => {
    for (let n = 0; n < files; n += 1) {
      const contact = n % 2 === 0 ? 'demo-guest' : 'demo-guest-2'
      const content = `file ${n} for ${contact}`
      const id = await at.stage.send(content, { target: contactTarget(contact) })
      // The step at which the worker is killed differs from file to file: 1 to 20, then from 1
      // again.
      const life = createLife(1 + (n % 20))
      await assert.doesNotReject(async () => {
        try {
          while ((await at.stage.workOnce(life)) !== null) continue
        } catch (error) {
          if (!(error instanceof Killed)) throw error
        }
      })
      await at.stage.freeLeases()
      await at.stage.work()
      const file = await at.stage.find(id)
      assert.equal(file.state, 'stored', `file ${n}`)
      const confirmed = confirmedOf(contact, sha256Hex(content))
      assert.deepEqual(
        confirmed.map(({ id: fileId }) => fileId),
        [file.genesys.fileId],
        `file ${n}`,
      )
    }
  })

  const faults: readonly (readonly [string, Parameters<FileStage['setFaults']>[0]])[] = [
    ['a URL that is refused (403)', [{ kind: 'presigned-expired', count: 1 }]],
    ['two URLs that are refused', [{ kind: 'presigned-expired', count: 2 }]],
    [
      'a storage that is away (503)',
      [{ kind: 'status', operation: 'guest-file-storage', status: 503, count: 3 }],
    ],
    ['a transfer that breaks off', [{ kind: 'reset', operation: 'guest-file-storage', count: 2 }]],
    [
      'a transfer whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'guest-file-storage', count: 2 }],
    ],
    ['half of a file that is stored', [{ kind: 'guest-file-cut', count: 1 }]],
    [
      'a registration whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'guest-file-register', count: 1 }],
    ],
    [
      'a registration that is throttled',
      [
        {
          kind: 'status',
          operation: 'guest-file-register',
          status: 429,
          count: 2,
          retryAfter: 'seconds',
        },
      ],
    ],
    [
      'a registration without an id',
      [{ kind: 'guest-file-answer', operation: 'guest-file-register', without: ['id'], count: 1 }],
    ],
    [
      'a registration without a URL',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-register',
          without: ['uploadUrl'],
          count: 1,
        },
      ],
    ],
    [
      'a confirmation whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'guest-file-confirm', count: 1 }],
    ],
    [
      'a confirmation without an id',
      [{ kind: 'guest-file-answer', operation: 'guest-file-confirm', without: ['id'], count: 1 }],
    ],
    [
      'a confirmation of another file',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-confirm',
          says: { id: 'another' },
          count: 1,
        },
      ],
    ],
    [
      'a confirmation without a status',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-confirm',
          without: ['status'],
          count: 1,
        },
      ],
    ],
    [
      'a confirmation with a word that nobody knows',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-confirm',
          says: { status: 'DONE!' },
          count: 1,
        },
      ],
    ],
    ['a Genesys that is away for long', [{ kind: 'status', status: 503, count: 40 }]],
  ]
  for (const [what, plan] of faults) {
    test(`after ${what} the file is there once`, async () => {
      const content = `content after ${what}`
      const id = await at.stage.send(content)
      at.stage.setFaults(plan)
      await at.stage.work()
      const file = await at.stage.find(id)
      assert.deepEqual([file.state, file.problem, file.hold], ['stored', null, null])
      assert.deepEqual(
        confirmedOf('demo-guest', sha256Hex(content)).map((found) => found.id),
        [file.genesys.fileId],
      )
    })
  }

  test('an outage holds a file and never fails it', async () => {
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([{ kind: 'status', status: 503 }])
    await at.stage.work(10)
    const { state, hold } = await at.stage.find(id)
    assert.deepEqual([state, hold?.reason], ['held', 'genesys_unavailable'])
    at.stage.setFaults([])
    await at.stage.work()
    assert.equal((await at.stage.find(id)).state, 'stored')
  })

  test('a URL older than 10 minutes is not used', async () => {
    const id = await at.stage.send(TEXT)
    const life = createLife(7)
    await assert.rejects(at.stage.workOnce(life), Killed)
    const registered = at.stage.sandbox.guestFiles().length
    at.stage.clock.skip(11 * 60_000)
    await at.stage.freeLeases()
    await at.stage.work()
    assert.equal(at.stage.sandbox.guestFiles().length, registered + 1)
    assert.equal((await at.stage.find(id)).progress.urls, 2)
  })
})
