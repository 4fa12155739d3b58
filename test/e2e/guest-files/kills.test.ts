import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { sha256Hex } from '../../../src/lib/digest.ts'
import type { Operation } from '../../../src/sandbox/faults/operations.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { fileClientOf } from '../../support/guest-files/file-client.ts'
import { startHeldScanner } from '../../support/guest-files/held-scanner.ts'
import { type Dialect, setStage, type Stage } from '../../support/stages/stage.ts'

/**
 * How many files wait at each step when the gateway is killed. The gateway has 32 connections to
 * Genesys, and some must stay free.
 */
const AT_EACH = 4
/**
 * How often the gateway is killed. In both dialects together, 116 files are in progress at a kill.
 * On the platform it is killed only once, because the gateway gives Genesys a minute to show a
 * message. The suites of the store kill a worker before and after every effect of 100 files each.
 */
const KILLS = { guide: 3, platform: 1 }

/**
 * The steps at which files wait: a call that Genesys has not received, and one that took effect but
 * was not answered. Files that the scanner is checking come in addition.
 */
const STEPS = {
  guide: ['guest-file-register', 'guest-file-storage', 'guest-file-confirm'].flatMap(bothSides),
  platform: [
    ...['media-register', 'media-storage', 'message'].flatMap(bothSides),
    { kind: 'timeout', operation: 'media' } as const,
  ],
} as const

function bothSides(operation: string) {
  const of = { operation: operation as Operation }
  return [
    { kind: 'timeout', ...of },
    { kind: 'executed-then-timeout', ...of },
  ] as const
}

const pathOf = (dialect: Dialect, id: string): string =>
  dialect === 'guide'
    ? `/v1/external-contacts/${id}/files`
    : `/v1/conversations/${id}/communications/agent/files`

/** How often a content was confirmed or sent, and for whom. */
const arrivedIn = (stage: Stage, content: string): string[] => [
  ...stage.sandbox
    .guestFiles()
    .filter(({ confirmed, sha256 }) => confirmed && sha256 === sha256Hex(content))
    .map(({ externalContactId }) => externalContactId),
  ...stage.sandbox
    .messageMedia()
    .filter(({ sha256 }) => sha256 === sha256Hex(content))
    .flatMap(({ conversationId, messages }) =>
      Array.from({ length: messages }, () => conversationId),
    ),
]

const until = async (holds: () => boolean, what: () => string): Promise<void> => {
  for (let at = 0; !holds(); at += 1) {
    assert.ok(at < 12_000, what())
    await delay(10)
  }
}

describe('kill -9 of a gateway that sends guest files', () => {
  for (const dialect of ['guide', 'platform'] as const) {
    const count = (STEPS[dialect].length + 1) * AT_EACH
    const all = count * KILLS[dialect]
    test(`with ${AT_EACH} at each step: all ${all} arrive once, where they belong (${dialect})`, async () => {
      const home = embeddedHome()
      const stage = await setStage(await home.fresh(), dialect)
      const scanner = await startHeldScanner()
      const env = {
        CLAMD_HOST: '127.0.0.1',
        CLAMD_PORT: String(scanner.port),
        GUEST_FILE_MAX_CONCURRENT: '64',
      }
      for (const id of ['a', 'b']) {
        stage.sandbox.makeExternalContact(id)
        stage.sandbox.makeConversation(id, 'agent')
      }
      let gateway = await stage.gateway(env)
      const { send, ended } = fileClientOf(() => gateway)
      const files: { id: string; content: string; belongs: string }[] = []
      try {
        for (let kill = 1; kill <= KILLS[dialect]; kill += 1) {
          stage.sandbox.setFaults(STEPS[dialect].map((step) => ({ ...step, count: AT_EACH })))
          scanner.holdNext(AT_EACH)
          const before = scanner.held() + stage.sandbox.ledger().faultsFired.total
          for (let at = 0; at < count; at += 1) {
            const content = `file ${files.length}`
            const belongs = at % 2 === 0 ? 'a' : 'b'
            const { body, status, text } = await send('notes.txt', content, {
              path: pathOf(dialect, belongs),
            })
            assert.equal(status, 202, text)
            files.push({ id: body.id, content, belongs })
          }
          const standing = () => scanner.held() + stage.sandbox.ledger().faultsFired.total - before
          await until(
            () => standing() === count,
            () => `${standing()} of ${count} stand at their step`,
          )
          await gateway.kill()
          stage.sandbox.setFaults([])
          gateway = await stage.gateway(env)
          for (const { id } of files.slice(-count)) {
            const file = await ended(id)
            assert.equal(file.state, 'stored', JSON.stringify(file.problem))
          }
        }
        assert.equal(files.length, all)
        for (const { content, belongs } of files) {
          assert.deepEqual(arrivedIn(stage, content), [belongs], content)
        }
      } finally {
        await stage.close()
        await scanner.close()
        await home.close()
      }
    })
  }

  test('in the middle of a file leaves nothing of it, and the same key sends it once', async () => {
    const home = embeddedHome()
    const stage = await setStage(await home.fresh(), 'guide')
    let gateway = await stage.gateway()
    const { send, ended } = fileClientOf(() => gateway)
    try {
      const boundary = 'half-of-a-file'
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`
      const { promise: out, resolve } = Promise.withResolvers<void>()
      async function* half(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(head)
        yield Buffer.alloc(3_000_000, 'half ')
        resolve()
        await new Promise(() => {})
      }
      const broken = fetch(`${gateway.address}/v1/external-contacts/demo-guest/files`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          'idempotency-key': 'half',
          'content-type': `multipart/form-data; boundary=${boundary}`,
        },
        body: half(),
        duplex: 'half',
      }).catch(() => 'broken off')
      await out
      await gateway.kill()
      assert.equal(await broken, 'broken off')
      gateway = await stage.gateway()
      const { status, body, headers } = await send('a.txt', 'half '.repeat(9), { key: 'half' })
      assert.deepEqual([status, headers.get('idempotency-replayed')], [202, null])
      assert.equal((await ended(body.id)).state, 'stored')
      assert.deepEqual(
        stage.sandbox.guestFiles().map(({ confirmed }) => confirmed),
        [true],
      )
    } finally {
      await stage.close()
      await home.close()
    }
  })
})
