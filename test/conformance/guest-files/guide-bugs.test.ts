import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'

import { AUDIT_DETAILS, type AuditAction } from '../../../src/domain/audit/audit-details.ts'
import { guestFileEventOf } from '../../../src/domain/guest-files/guest-file.ts'
import { pathSegment } from '../../../src/genesys/calls/path-segment.ts'
import { createPutPresigned } from '../../../src/genesys/calls/presigned.ts'
import { createTransport } from '../../../src/genesys/calls/transport.ts'
import { guestFileOptionsSchema } from '../../../src/http/submissions/read-guest-file.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { sha256Hex } from '../../../src/lib/digest.ts'
import type { CallContext } from '../../../src/workflows/ports/genesys/genesys.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { createLife, Killed } from '../../support/gateway/kill-points.ts'
import { contactTarget, type FileStage } from '../../support/guest-files/file-stage.ts'
import { fileSuite } from '../../support/guest-files/file-suite.ts'
import { gifOf, pngOf, webpLossy } from '../../support/guest-files/images.ts'
import { createJudged } from '../../support/guest-files/judged.ts'
import { behind, ELF, PE } from '../../support/guest-files/payloads.ts'
import { pdfOf } from '../../support/guest-files/pdfs.ts'
import { zipOf } from '../../support/guest-files/zips.ts'

/**
 * The bugs of the guide's own program, D1 to D24. Each has a test that a gateway with that bug
 * would fail.
 */
describe('The bugs of the guide for guest files', () => {
  const home = embeddedHome()
  const judged = createJudged()
  const at = fileSuite(home)
  after(() => home.close())

  const ended = async (content: string, change: Parameters<FileStage['send']>[1] = {}) => {
    const id = await at.stage.send(content, change)
    await at.stage.work()
    return at.stage.find(id)
  }
  const there = (sha256: string) =>
    at.stage.sandbox.guestFiles().filter((file) => file.confirmed && file.sha256 === sha256)

  test('D1: the type comes from the content, not from the extension alone', async () => {
    assert.equal(await judged('photo.png', PE), 'file-type-mismatch')
    assert.equal(await judged('photo.jpg', pngOf()), 'file-type-mismatch')
    // A program by its first bytes, which the check of the text alone would not notice.
    assert.equal(await judged('notes.txt', 'MZ and more'), 'file-type-mismatch')
  })
  test('D2: a zip is let in, as the list of types says', async () => {
    assert.equal(await judged('files.zip', zipOf([{ name: 'a.txt', data: 'a' }])), null)
  })
  test('D3: what is not on the list is refused, however it begins', async () => {
    for (const content of [ELF, Buffer.from('MZ\x90\x00\x04'), '#!/bin/sh', '<svg/>', '<html>']) {
      assert.equal(await judged('a.pdf', content), 'file-type-mismatch')
    }
  })
  test('D4: nobody turns the scan off', () => {
    assert.equal(guestFileOptionsSchema.safeParse({ scan: { enabled: false } }).success, false)
    assert.equal(guestFileOptionsSchema.safeParse({ scan: {} }).success, true)
  })
  test('D5: every type goes the same way, WebP and zip too', async () => {
    for (const [name, content] of [
      ['a.webp', webpLossy()],
      ['a.gif', gifOf()],
      ['a.zip', zipOf([{ name: 'a.txt', data: 'a' }])],
    ] as const) {
      assert.equal(await judged(name, content), null)
      const file = await ended(content.toString('latin1'), { fileName: name })
      assert.deepEqual([file.state, file.scan.verdict], ['stored', 'not-configured'])
    }
  })
  test('D6: what Genesys does not say is pending, never passed or completed', async () => {
    at.stage.setFaults([{ kind: 'guest-file-answer', without: ['virusScan'] }])
    const id = await at.stage.send('no verdict')
    await at.stage.work(3)
    const { state, genesys } = await at.stage.find(id)
    assert.deepEqual([state, genesys.virusScan], ['stored', 'pending'])
    at.stage.setFaults([])
    await at.stage.work()
    at.stage.setFaults([{ kind: 'guest-file-answer', without: ['status'] }])
    const unsaid = await at.stage.send('no status')
    await at.stage.work(5)
    assert.equal((await at.stage.find(unsaid)).state, 'confirming')
    at.stage.setFaults([])
    await at.stage.work()
  })
  test('D7: the bytes that were hashed are the bytes that are sent', async () => {
    const content = 'x'.repeat(700_000)
    const file = await ended(content)
    assert.equal(file.sha256, sha256Hex(content))
    assert.equal(there(file.sha256).length, 1)
  })
  test('D8: a name with line breaks, marks or paths reaches nobody as it is', async () => {
    assert.equal(await judged('a\r\nX: 1.png', pngOf()), 'file-name-invalid')
    const { fileName } = await ended('named', { fileName: '..\\..\\gnp\u202e evil.txt' })
    assert.match(fileName, /^[\p{L}\d._-]+\.txt$/u)
  })
  test('D9: a URL of a host that is not allowed gets nothing', async () => {
    at.stage.setFaults([{ kind: 'guest-file-host', origin: 'http://198.51.100.7' }])
    const { state, problem } = await ended('elsewhere')
    assert.deepEqual([state, problem?.code], ['failed', 'file-refused-by-genesys'])
  })
  test('D10: 429, 503 and 403 of the storage are met, with the exact headers each time', async () => {
    at.stage.setFaults([
      { kind: 'status', operation: 'guest-file-storage', status: 429, count: 2 },
      { kind: 'status', operation: 'guest-file-storage', status: 503, count: 2 },
      { kind: 'presigned-expired', count: 1 },
    ])
    // The sandbox refuses a PUT without Content-Length, with another type or size, or with a
    // bearer.
    assert.equal((await ended('met')).state, 'stored')
  })
  test('D11: every transfer has a deadline, by its size, and ends there', async (t) => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(() => silent.close())
    const { port } = silent.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/place`
    const real = createTransport({ clock: systemClock, timeoutMs: 60_000 })
    t.after(() => real.close())
    let givenMs = 0
    const put = createPutPresigned({
      transport: {
        ...real,
        // A thousandth of the real time limit, so that the test does not wait for two minutes.
        send: (asked) => {
          givenMs = asked.timeoutMs ?? 0
          return real.send({ ...asked, timeoutMs: Math.round(givenMs / 1000) })
        },
      },
      hosts: { patterns: [], apiHost: `127.0.0.1:${port}`, httpHosts: [] },
      clock: systemClock,
      emit: () => undefined,
    })
    const context: CallContext = {
      tenantId: 'default',
      class: 'delivery',
      signal: AbortSignal.timeout(30_000),
      retryForMs: 0,
    }
    const body = Buffer.alloc(10_485_760)
    await assert.rejects(put({ operation: 'put-guest-file', url, headers: {}, body }, context), {
      kind: 'unavailable',
    })
    assert.equal(givenMs, 134_858)
  })
  test('D12: a URL past 10 minutes is replaced, and counted', async () => {
    const id = await at.stage.send('aged')
    await assert.rejects(at.stage.workOnce(createLife(7)), Killed)
    at.stage.clock.skip(11 * 60_000)
    await at.stage.freeLeases()
    await at.stage.work()
    assert.equal((await at.stage.find(id)).progress.urls, 2)
  })
  test('D13: an end between transfer and confirmation leaves one confirmed file', async () => {
    const id = await at.stage.send('between')
    await assert.rejects(at.stage.workOnce(createLife(11)), Killed)
    await at.stage.freeLeases()
    await at.stage.work()
    const { state, progress, genesys } = await at.stage.find(id)
    assert.deepEqual([state, progress.urls], ['stored', 1])
    assert.deepEqual(
      at.stage.sandbox.guestFiles().filter((file) => file.sha256 === sha256Hex('between')),
      there(sha256Hex('between')),
    )
    assert.equal(there(sha256Hex('between'))[0]?.id, genesys.fileId)
  })
  test('D14: the file is confirmed for the contact that was named', async () => {
    const { sha256 } = await ended('for the second', { target: contactTarget('demo-guest-2') })
    assert.deepEqual(
      there(sha256).map((file) => file.externalContactId),
      ['demo-guest-2'],
    )
  })
  test('D15: an id that would climb to another call is never sent', () => {
    for (const id of ['..', '../a', 'a/b', '']) {
      assert.throws(() => pathSegment(id), { kind: 'not_found' })
    }
  })
  test('D16: a message is written with the state it tells of, to be signed and tried again', async () => {
    await at.store.sync.ensureEnvEndpoints([
      {
        name: 'dms',
        url: 'https://dms.example/hook',
        secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
        events: ['guest_file.stored', 'guest_file.rejected'],
      },
    ])
    const { id } = await ended('told')
    const { rows } = await at.store.sql.executeSql(
      `select event_type from sync_delivery where object = '${id}'`,
    )
    assert.ok(rows.length > 0)
  })
  test('D17: nothing is told that was not measured', async () => {
    const data = guestFileEventOf(await ended('measured'))
    for (const made of ['availabilityRate', 'complianceStatus']) assert.ok(!(made in data))
    assert.ok(data.latencyMs !== null && data.latencyMs >= 0)
  })
  test('D18: decompression bombs and files with active content are refused', async () => {
    assert.equal(await judged('a.png', pngOf({ width: 1e5, height: 1e5 })), 'image-too-large')
    const byRatio = Buffer.alloc(20_000_000)
    const bySize = Buffer.concat([randomBytes(500_000), Buffer.alloc(30_000_000)])
    for (const data of [byRatio, bySize]) {
      assert.equal(await judged('a.zip', zipOf([{ name: 'a.bin', data }])), 'archive-refused')
    }
    assert.equal(
      await judged('a.pdf', pdfOf({ catalog: '/OpenAction << /S /Launch >>' })),
      'pdf-active-content',
    )
    assert.equal(await judged('a.gif', behind(gifOf(), PE)), 'file-type-mismatch')
  })
  test('D19: what the storage holds is compared with what was sent', async () => {
    at.stage.setFaults([{ kind: 'guest-file-cut', count: 1 }])
    const { id, state, progress, sha256 } = await ended('compared')
    assert.deepEqual([state, progress.urls, there(sha256).length], ['stored', 2, 1])
    // Genesys would not confirm half a file. The ETag alone showed the fault, and no confirmation
    // was sent.
    const whole = at.stage.told.filter(
      ({ name, fields }) => name === 'guest_file.transferred' && fields.guestFileId === id,
    )
    assert.equal(whole.length, 1)
  })
  test('D20: a contact that the tenant is not granted is not there', async () => {
    await at.store.sql.executeSql(`delete from tenant_grant where kind = 'external_contact'`)
    await assert.rejects(at.stage.send('not mine'), { code: 'not-found' })
    await at.store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  test('D21: failures are audited like successes', async () => {
    const { id, sha256 } = await ended('for nobody', { target: contactTarget('nobody') })
    const { rows } = await at.store.sql.executeSql(
      `select action, outcome, digest, details from audit_entry where object = '${id}' and action <> 'guest_file.moved' order by at, id`,
    )
    const entries = rows as {
      action: AuditAction
      outcome: string
      digest: string
      details: object
    }[]
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['guest_file.accepted', 'guest_file.scanned', 'guest_file.ended'],
    )
    const details = entries.map((entry) => AUDIT_DETAILS[entry.action].parse(entry.details))
    assert.deepEqual(details, [
      {},
      { verdict: 'not-configured' },
      { state: 'failed', code: 'external-contact-refused' },
    ])
    assert.equal(entries.at(-1)?.outcome, 'failed')
    assert.ok(entries.every(({ digest }) => digest === sha256))
  })
  test('D22: the calls are those of the API, and no secret is in a body', async () => {
    await ended('calls')
    const log = JSON.stringify(at.stage.sandbox.requests())
    assert.match(log, /upload-complete/u)
    assert.ok(!/client_secret/u.test(log))
  })
  test('D23: a file without bytes is refused', async () => {
    assert.equal(await judged('a.txt', ''), 'file-empty')
  })
  test('D24: a pre-signed URL reaches no event, and no error', async () => {
    at.stage.setFaults([{ kind: 'reset', operation: 'guest-file-storage', count: 3 }])
    await ended('secret place')
    at.stage.setFaults([{ kind: 'status', operation: 'guest-file-storage', status: 413, count: 1 }])
    const refused = await ended('too large for the storage')
    assert.equal(refused.state, 'rejected')
    const { rows } = await at.store.sql.executeSql('select * from audit_entry')
    const told = JSON.stringify([at.stage.told, refused, rows])
    assert.ok(told.includes('put-guest-file'))
    assert.ok(!/X-Amz|guest-file-storage\//u.test(told))
  })
})
