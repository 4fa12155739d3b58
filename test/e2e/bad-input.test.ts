import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, describe, test } from 'node:test'

import { uploadSchema, validationSchema } from '../../src/http/server/schemas.ts'
import { embeddedHome } from '../support/databases/database.ts'
import { cleanFile, FILE_COLUMNS } from '../support/stages/contact-file.ts'
import { type RunningGateway, setStage, type Stage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
const HEADER = FILE_COLUMNS.join(',')
const GOOD = 'C-1,Ann,Lee,+14155550101,ann@example.com,Boise'
const MAX_BYTES = 2_000_000

type Problem = { code: string; type: string; status: number }

describe('Bad input over HTTP', () => {
  let home: Awaited<ReturnType<typeof embeddedHome>>
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    home = embeddedHome()
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway({ MAX_UPLOAD_BYTES: String(MAX_BYTES) })
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  const uploads = async (): Promise<number> => {
    const { body } = await gateway.client.call<{ items: unknown[] }>('/v1/uploads?limit=200')
    return body.items.length
  }
  /** Checks that the call is answered with this problem and leaves no upload. */
  const refused = async (
    answer: Promise<{ status: number; headers: Headers; body: unknown; text: string }>,
    status: number,
    code: string,
  ): Promise<void> => {
    const count = await uploads()
    const { headers, body, text, ...given } = await answer
    assert.equal(given.status, status, text)
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.equal((body as Problem).code, code, text)
    assert.equal((body as Problem).type.endsWith(`/problems/${code}`), true)
    assert.equal(await uploads(), count)
  }
  const send = (body: string | Uint8Array, options = {}) =>
    gateway.client.upload(LIST, body, options)

  const files: readonly [string, string | Uint8Array, string][] = [
    ['an empty file', '', 'upload-empty'],
    ['a header and nothing else', `${HEADER}\n`, 'upload-no-rows'],
    [
      'no column for the contact id',
      'firstName,phoneNumber\nAnn,+14155550101\n',
      'contact-id-column-missing',
    ],
    ['a column twice', `${HEADER},city\n${GOOD},Boise\n`, 'header-duplicate'],
    ['a column named __proto__', `${HEADER},__proto__\n${GOOD},x\n`, 'header-forbidden'],
    ['a required column missing', 'contactId,phoneNumber\nC-1,+14155550101\n', 'columns-missing'],
    [
      'a column that the list does not know',
      `${HEADER},loyaltyTier\n${GOOD},gold\n`,
      'schema-drift',
    ],
    [
      'bytes of no encoding',
      Buffer.concat([Buffer.from(`${HEADER}\nC-1,`), Buffer.from([0xff, 0x81, 0x0a])]),
      'encoding-invalid',
    ],
    ['a quote that never closes', `${HEADER}\n"C-1,Ann`, 'csv-malformed'],
    [
      'a quote that never closes, and a megabyte after it',
      `${HEADER}\n"${'x,y\n'.repeat(400_000)}`,
      'csv-malformed',
    ],
  ]
  for (const [name, body, code] of files) {
    test(`${name}: 422 ${code}`, () => refused(send(body), 422, code))
  }

  test('rows with a fault of their own are refused one by one, the others taken', async () => {
    const rows = [
      GOOD,
      'C-2,too,few',
      `${GOOD.replace('C-1', 'C-3')},more`,
      'C-4,A "b" c,Lee,+14155550104,,',
      '',
    ]
    const answer = await send(`${HEADER}\n${rows.join('\n')}\n`)
    assert.equal(answer.status, 202, answer.text)
    assert.equal(answer.body.counts.accepted, 1)
    assert.equal(answer.body.rejections['row-ragged'], 2)
    assert.equal(answer.body.rejections['quote-misplaced'], 1)
    const fix = await gateway.client.call(`/v1/uploads/${answer.body.id}/rows?outcome=rejected`, {
      headers: { accept: 'text/csv' },
    })
    assert.equal(fix.text.trim().split(/\r?\n/).length, 4)
    assert.match(fix.text, /_line,_outcome,_code,_reason/)
    await gateway.client.finished(answer.body.id)
  })

  test('a file with a cell of more than a megabyte is refused with 422', async () => {
    const answer = await send(`${HEADER}\nC-1,${'x'.repeat(1_500_000)},Lee,+14155550101,,\n`)
    assert.equal(answer.status, 422, answer.text)
  })

  test('no key, a wrong key: 401 before the body is looked at', async () => {
    const path = `/v1/contact-lists/${LIST}/uploads`
    for (const authorization of ['', 'Bearer wrong-key', 'Basic Zm9vOmJhcg==']) {
      const answer = await fetch(`${gateway.address}${path}`, {
        method: 'POST',
        headers: { ...(authorization ? { authorization } : {}), 'content-type': 'text/plain' },
        body: 'x',
      })
      assert.equal(answer.status, 401)
      assert.equal(((await answer.json()) as Problem).code, 'unauthorized')
      assert.ok(answer.headers.get('www-authenticate'))
    }
  })

  test('an unknown list: 404', () =>
    refused(gateway.client.upload('no-such-list', `${HEADER}\n${GOOD}\n`), 404, 'not-found'))

  test('another media type: 415', () =>
    refused(send('x', { contentType: 'text/plain' }), 415, 'media-type-unsupported'))

  test('no Idempotency-Key: 400', () =>
    refused(
      gateway.client.call(`/v1/contact-lists/${LIST}/uploads`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: `${HEADER}\n${GOOD}\n`,
      }),
      400,
      'idempotency-key-missing',
    ))

  test('an unknown option, an invalid one, one that Genesys cannot have here: 400', async () => {
    await refused(send(`${HEADER}\n${GOOD}\n`, { query: 'mod=append' }), 400, 'option-unknown')
    await refused(send(`${HEADER}\n${GOOD}\n`, { query: 'mode=apend' }), 400, 'option-invalid')
    await refused(
      send(`${HEADER}\n${GOOD}\n`, { query: 'delivery=callback' }),
      400,
      'capability-not-available',
    )
  })

  test('over the limit: 413 and nothing staged, declared or not, bare or in a form', async () => {
    const large = cleanFile({ rows: 40_000 }).csv
    assert.ok(large.length > MAX_BYTES)
    await refused(send(large), 413, 'upload-too-large')
    async function* undeclared(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(large)
    }
    await refused(gateway.client.upload(LIST, undeclared()), 413, 'upload-too-large')
    const form = new FormData()
    form.append('file', new Blob([large]), 'large.csv')
    await refused(
      gateway.client.call(`/v1/contact-lists/${LIST}/uploads`, {
        method: 'POST',
        headers: { 'idempotency-key': 'large-form' },
        body: form,
      }),
      413,
      'upload-too-large',
    )
  })

  test('malformed multipart: 400, not 500', async () => {
    const bodies = [
      '--b\r\ncontent-disposition: form-data; name="file"; filename="f.csv"\r\n\r\ncustomerId\r\n1',
      'no boundary at all',
      '--b\r\ncontent-disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
      '--b--\r\n',
      `--b\r\ncontent-disposition: form-data; name="file"; filename="f.csv"\r\n\r\n${HEADER}\n${GOOD}\n\r\n--b\r\ncontent-disposition: form-data; name="options"\r\n\r\n{}\r\n--b--\r\n`,
    ]
    for (const [index, body] of bodies.entries()) {
      const answer = await send(body, {
        contentType: 'multipart/form-data; boundary=b',
        key: `malformed-${index}`,
      })
      assert.equal(answer.status, 400, `${index}: ${answer.text}`)
      assert.equal((answer.body as unknown as Problem).code, 'multipart-malformed', `${index}`)
    }
    await refused(send('x', { contentType: 'multipart/form-data' }), 400, 'multipart-malformed')
  })

  test('malformed JSON: 422; a scalar inside an array rejects its row alone', async () => {
    const json = { contentType: 'application/json' }
    await refused(send('[{"customerId":', json), 422, 'json-malformed')
    await refused(send('{"people":[]}', json), 422, 'json-malformed')
    await refused(send('[]', json), 422, 'upload-no-rows')
  })

  test('a body broken off leaves nothing and frees its key', async () => {
    const count = await uploads()
    await new Promise<void>((resolve) => {
      const broken = httpRequest(`${gateway.address}/v1/contact-lists/${LIST}/uploads`, {
        method: 'POST',
        headers: {
          authorization: `Bearer e2e-admin-key-0123456789abcdefghijkl`,
          'content-type': 'text/csv',
          'idempotency-key': 'broken-off',
          'content-length': '100000',
        },
      })
      broken.on('error', () => resolve())
      broken.write(`${HEADER}\n${GOOD}\n`, () => broken.destroy())
      broken.on('close', () => resolve())
    })
    await gateway.event('http.answered', (line) => line['problem'] === 'body-broken-off')
    assert.equal(await uploads(), count)
    // The key is freed just after the answer. A caller who comes earlier is asked to try again
    // later, and does so.
    const file = `${HEADER}\n${GOOD.replace('C-1', 'C-77')}\n`
    const again = await gateway.client.uploadPatiently(LIST, file, { key: 'broken-off' })
    assert.equal(again.status, 202, again.text)
  })

  test('validateOnly tells what would happen and keeps nothing', async () => {
    const count = await uploads()
    const answer = await send(`${HEADER}\n${GOOD}\nC-9,,,nonsense,,\n`, {
      query: 'validateOnly=true',
    })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.body.counts.accepted, 1)
    assert.equal(answer.body.counts.rejected, 1)
    assert.equal(await uploads(), count)
  })

  test('validateOnly tells how the file was read, as the upload of it would', async () => {
    const text = `${HEADER}\n${GOOD.replace('C-1', 'C-78')}\n`.replaceAll(',', ';')
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    const looked = await send(utf16, { query: 'validateOnly=true' })
    const { source } = validationSchema.parse(looked.body)
    assert.deepEqual(
      [source.encoding, source.delimiter, source.bytes],
      ['utf-16le', ';', utf16.length],
    )
    assert.deepEqual(source, uploadSchema.parse((await send(utf16)).body).source)
  })

  test('after all of that the gateway is well', async () => {
    assert.equal((await gateway.client.call('/readyz')).status, 200)
    assert.deepEqual(gateway.events('http.failed'), [])
  })
})
