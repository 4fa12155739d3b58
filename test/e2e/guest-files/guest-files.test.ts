import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'

import { guestFileSchema as shape } from '../../../src/http/routes/guest-files/guest-file-schemas.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import {
  clamdSkip,
  EICAR,
  MARKER,
  startClamd,
  type Clamd,
} from '../../support/guest-files/clamd-process.ts'
import { CONTACT, fileClientOf, type Problem } from '../../support/guest-files/file-client.ts'
import { pngOf } from '../../support/guest-files/images.ts'
import { pdfOf } from '../../support/guest-files/pdfs.ts'
import { docxOf, zipOf } from '../../support/guest-files/zips.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const PNG = pngOf({ width: 40, height: 30 })
const MARKED = Buffer.from(MARKER)
const WITH_EICAR = docxOf([{ name: 'word/media/a.txt', data: EICAR }])
const FILLER = 'nothing to see\n'.repeat(600_000)

describe('Guest files over HTTP, without a scanner', () => {
  const { stage, gateway } = stageOfSuite('guide', ({ crm }) => ({
    DMS_SYNC_URL: crm.url,
    DMS_SYNC_SECRET: crm.secret,
  }))
  const { send, ended } = fileClientOf(gateway)
  afterEach(() => {
    stage().sandbox.setFaults([])
  })

  test('a picture is kept, sent, confirmed on its contact, made a thumbnail of, and told of', async () => {
    const { status, body, headers, text } = await send('Foto 1.png', PNG)
    assert.equal(status, 202, text)
    assert.ok(shape.safeParse(body).success, text)
    assert.equal(headers.get('location'), `/v1/guest-files/${body.id}`)
    assert.deepEqual(
      [body.fileName, body.contentType, body.sizeBytes],
      ['Foto_1.png', 'image/png', PNG.length],
    )
    const file = await ended(body.id)
    assert.deepEqual(
      [file.state, file.scan.verdict, file.genesys.virusScan],
      ['stored', 'not-configured', 'passed'],
    )
    assert.ok(file.latencyMs !== null && file.storedAt !== null)
    const there = stage()
      .sandbox.guestFiles()
      .filter(({ id }) => id === file.genesys.fileId)
    assert.deepEqual(
      there.map(({ externalContactId, sha256, confirmed, thumbnail }) => ({
        externalContactId,
        sha256,
        confirmed,
        thumbnail,
      })),
      [{ externalContactId: 'demo-guest', sha256: file.sha256, confirmed: true, thumbnail: true }],
    )
    const told = await stage().crm.message(({ type }) => type === 'guest_file.stored')
    const data = told.data as unknown as Record<string, unknown>
    assert.deepEqual(
      [data['guestFileId'], data['sha256'], data['fileName']],
      [file.id, file.sha256, 'Foto_1.png'],
    )
  })

  const refused: readonly (readonly [string, string, Buffer | string, number, string])[] = [
    ['a program', 'photo.png', Buffer.from('MZ'), 422, 'file-type-mismatch'],
    ['another type', 'page.html', '<html>', 415, 'file-type-not-allowed'],
    ['nothing', 'a.txt', '', 422, 'file-empty'],
    ['a program before the extension', 'a.exe.png', PNG, 422, 'file-name-invalid'],
    [
      'a bomb of pixels',
      'a.png',
      pngOf({ width: 100_000, height: 100_000 }),
      422,
      'image-too-large',
    ],
    [
      'a zip in a zip',
      'a.zip',
      zipOf([{ name: 'b.zip', data: zipOf([{ name: 'c.txt', data: 'c' }]) }]),
      422,
      'archive-refused',
    ],
    [
      'a PDF with a script',
      'a.pdf',
      pdfOf({ catalog: '/OpenAction << /S /JavaScript /JS (1) >>' }),
      422,
      'pdf-active-content',
    ],
    ['text in another encoding', 'a.txt', Buffer.from([0xff, 0xfe, 0x41]), 422, 'text-invalid'],
    ['more than 10 MiB', 'a.txt', Buffer.alloc(10_485_761, 'a'), 413, 'file-too-large'],
  ]
  for (const [what, name, content, status, code] of refused) {
    test(`${what} is refused at once with ${status} ${code}, and leaves nothing`, async () => {
      const before = stage().sandbox.guestFiles().length
      const { body, status: answered } = await send(name, content)
      assert.deepEqual([answered, body.code], [status, code])
      assert.equal(stage().sandbox.guestFiles().length, before)
      await gateway().event('guest_file.refused', (line) => line['code'] === code)
    })
  }

  test('a call without a file, with unknown options, past the scanner, or without a key is refused', async () => {
    const options = async (given: object) =>
      (await send('a.txt', 'a', { options: given })).body.code
    assert.equal(await options({ colour: 'red' }), 'option-unknown')
    assert.equal(await options({ scan: { enabled: false } }), 'option-invalid')
    assert.equal(await options({ scan: { blockSuspicious: true } }), 'scanner-not-configured')
    const inside = await send('a.txt', 'a', { options: { scan: { blockSuspicious: 'yes' } } })
    assert.equal(inside.body.detail, '`scan.blockSuspicious` must be of the type boolean.')
    const form = new FormData()
    form.set('file', new Blob(['a']), 'a.txt')
    const keyless = await gateway().client.call<Problem>(CONTACT, { method: 'POST', body: form })
    assert.equal(keyless.body.code, 'idempotency-key-missing')
  })

  test('a body that is no form is refused with 415, which names nothing that is refused next', async () => {
    for (const type of ['text/csv', 'application/json', 'image/png']) {
      const bare = await gateway().client.call<Problem>(CONTACT, {
        method: 'POST',
        headers: { 'content-type': type, 'idempotency-key': `bare-${type}` },
        body: 'a',
      })
      assert.deepEqual([bare.status, bare.body.code], [415, 'media-type-unsupported'])
      assert.match(bare.body.detail, /multipart\/form-data/u)
      assert.doesNotMatch(bare.body.detail, /csv|json|gzip/u)
      assert.equal(bare.headers.get('accept-encoding'), 'identity')
    }
  })

  test('the same key and bytes are the same file', async () => {
    const first = await send('a.txt', 'the same', { key: 'same' })
    const second = await send('a.txt', 'the same', { key: 'same' })
    assert.deepEqual([second.status, second.body.id], [202, first.body.id])
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    assert.equal((await send('a.txt', 'another', { key: 'same' })).status, 422)
  })

  test('another name is taken from the options, and a name that could deceive the eye is mended', async () => {
    const { body } = await send('x.bin', 'text', { options: { fileName: 'plan\u202etxt.gnp.txt' } })
    assert.equal(body.fileName, 'plantxt.gnp.txt')
  })

  test('an unknown external contact fails the file, and the document system hears of it', async () => {
    const { body } = await send('a.txt', 'for nobody', {
      path: '/v1/external-contacts/nobody/files',
    })
    const file = await ended(body.id)
    assert.deepEqual([file.state, file.problem?.code], ['failed', 'external-contact-refused'])
    const told = await stage().crm.message(({ type }) => type === 'guest_file.rejected')
    assert.equal((told.data as unknown as { guestFileId: string }).guestFileId, body.id)
  })

  test('/readyz says that nothing looks at the files', async () => {
    const { body } = await gateway().client.call<{ checks: Record<string, { detail: string }> }>(
      '/readyz',
    )
    assert.match(body.checks['scanner']!.detail, /not configured/u)
  })

  test('neither name, contact, content nor URL reaches the log', async () => {
    const { body } = await send('canary-file-name.txt', 'canary-content', {
      path: '/v1/external-contacts/demo-guest-2/files',
    })
    await ended(body.id)
    const log = gateway().output.join('\n')
    for (const secret of ['canary-', 'demo-guest-2', 'X-Amz-Signature', 'guest-file-storage']) {
      assert.ok(!log.includes(secret), secret)
    }
  })
})

describe('Guest files over HTTP, with clamd', { skip: clamdSkip() }, () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let clamd: Clamd
  const { send, until, ended } = fileClientOf(() => gateway)
  before(async () => {
    clamd = await startClamd()
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway({ CLAMD_SOCKET: clamd.socket })
  })
  after(async () => {
    await stage.close()
    await clamd.stop()
    await home.close()
  })

  test('a clean file goes on, with the verdict and the engine', async () => {
    const { body } = await send('a.png', PNG, { options: { scan: { blockSuspicious: true } } })
    const file = await ended(body.id)
    assert.deepEqual([file.state, file.scan.verdict], ['stored', 'clean'])
    assert.match(file.scan.engine ?? '', /^clamav \d/u)
  })

  for (const [what, name, content] of [
    ['EICAR', 'eicar.txt', EICAR],
    ['EICAR in a zip', 'eicar.zip', zipOf([{ name: 'a.txt', data: EICAR }])],
    ['EICAR in a document in a zip', 'doc.zip', zipOf([{ name: 'a.docx', data: WITH_EICAR }])],
    ['a marker in a text', 'marker.txt', `text ${MARKER} text`],
    ['a marker behind 9 MB of filler', 'filled.txt', `${FILLER}${MARKER}`],
    ['a marker behind a picture', 'photo.png', Buffer.concat([PNG, Buffer.from(MARKER)])],
  ] as const) {
    test(`${what} is rejected and never sent`, async () => {
      const before = stage.sandbox.guestFiles().length
      const { body } = await send(name, content)
      const file = await ended(body.id)
      assert.deepEqual(
        [file.state, file.problem?.code, file.scan.verdict],
        ['rejected', 'guest-file-infected', 'infected'],
      )
      assert.equal(stage.sandbox.guestFiles().length, before)
    })
  }

  test('EICAR zipped twice, and a marker behind more than the scanner looks at, never get that far', async () => {
    const twice = zipOf([{ name: 'b.zip', data: zipOf([{ name: 'a.txt', data: EICAR }]) }])
    const far = zipOf([{ name: 'a.txt', data: Buffer.concat([Buffer.alloc(30e6), MARKED]) }])
    for (const content of [twice, far]) {
      const { status, body } = await send('a.zip', content)
      assert.deepEqual([status, body.code], [422, 'archive-refused'])
    }
  })

  test('while the scanner is away a file waits, and goes on when it is back', async () => {
    await clamd.stop()
    const { body } = await send('waits.txt', 'waits')
    const waiting = await until(body.id, ({ scan }) => scan.verdict === 'unavailable')
    assert.equal(waiting.state, 'scanning')
    clamd = await startClamd({ socket: clamd.socket })
    assert.equal((await ended(body.id)).scan.verdict, 'clean')
  })
})
