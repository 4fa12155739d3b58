import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import type { SignedCertificate } from '../../../src/domain/proof/scrub-certificate.ts'
import { sha256Hex } from '../../../src/lib/digest.ts'
import type { Evidence } from '../../../src/workflows/proof/read-evidence.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const run = promisify(execFile)
const LIST = 'demo-contacts'
const ANN = '+14155557871'
const BO = '+12015550101'
const CY = '+14155557872'
const FILE = [
  'customerId,firstName,lastName,phone,email,city',
  `ann,A,L,${ANN},,`,
  `bo,B,L,${BO},,`,
  `cy,C,L,${CY},cy@example.com,`,
  `no id,A,L,${ANN},,`,
].join('\n')
const WHOLE = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00+02:00' }

describe('What is proved of an upload and of its people', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let uploadId: string
  let submissionId: string
  let editionId: string

  const call = async <T = Record<string, string>>(
    path: string,
    init: RequestInit & { expect?: number } = {},
  ): Promise<T> => {
    const { expect = 200, ...rest } = init
    const { status, body, text } = await gateway.client.call<T>(path, rest)
    assert.equal(status, expect, `${path}: ${text}`)
    return body
  }
  const json = (method: string, body: object, headers: Record<string, string> = {}) => ({
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const keyed = (body: object) =>
    ({ ...json('POST', body, { 'idempotency-key': crypto.randomUUID() }), expect: 202 }) as const
  const until = async <T>(look: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      const found = await look()
      if (found !== null) return found
      await delay(30)
    }
  }
  const evidence = (of: object, times: object = WHOLE) =>
    call<Evidence>('/v1/evidence', json('POST', { ...of, ...times }))
  const codes = ({ items }: Evidence): string[] => items.map(({ code }) => code)

  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway()
    await call('/v1/registries/ftc', json('PUT', { country: 'US' }))
    const { version } = await call<{ version: number }>('/v1/tenants/default')
    const registries = { registries: ['ftc'] }
    await call('/v1/tenants/default', json('PATCH', registries, { 'if-match': `"${version}"` }))
    const edition = await call('/v1/registries/ftc/editions?subscription=SAN%201', {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'idempotency-key': 'ftc' },
      body: '201,5550101\n201,5550102\n',
      expect: 202,
    })
    editionId = edition['id']!
    await until(async () => {
      const { state } = await call(`/v1/registries/ftc/editions/${editionId}`)
      return state === 'current' ? true : null
    })
    const entry = [{ phoneNumber: ANN, reason: 'CUSTOMER_REQUEST', source: 'web form' }]
    submissionId = (await call('/v1/dnc-lists/demo-dnc/entries', keyed(entry)))['id']!
    await until(async () => {
      const { state } = await call(`/v1/dnc-submissions/${submissionId}`)
      return state === 'applied' ? true : null
    })
    const answer = await gateway.client.upload(LIST, FILE)
    assert.equal(answer.status, 202, answer.text)
    uploadId = answer.body.id
    await gateway.client.finished(uploadId)
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  it('a certificate says what the rows were looked up in, and what came of it', async () => {
    const before = Date.now()
    const answer = await gateway.client.call<SignedCertificate>(
      `/v1/uploads/${uploadId}/scrub-certificate`,
    )
    assert.equal(answer.status, 200, answer.text)
    assert.equal(
      answer.headers.get('content-disposition'),
      `attachment; filename="${uploadId}-scrub-certificate.json"`,
    )
    const { upload, check, lists, registries, ...of } = answer.body
    assert.deepEqual(upload, {
      ...{ id: uploadId, parentId: null, contactListId: LIST, state: 'completed_with_errors' },
      ...{ fileSha256: sha256Hex(FILE), fileBytes: Buffer.byteLength(FILE) },
    })
    assert.ok(Date.parse(check.startedAt) <= Date.parse(check.endedAt))
    assert.ok(Date.parse(check.endedAt) <= Date.parse(check.lastTriedAt!))
    assert.ok(Math.abs(Date.parse(of.issuedAt) - before) < 60_000)
    const [list] = lists
    const source = await call<{ source: { sha256: string } }>(`/v1/dnc-submissions/${submissionId}`)
    assert.deepEqual(
      [lists.length, list?.dncListId, list?.own, list?.submissions, list?.entries, list?.removed],
      [1, 'demo-dnc', true, 1, 1, 0],
    )
    assert.equal(list?.digest, sha256Hex(`${submissionId} add ${source.source.sha256}\n`))
    const [edition] = registries
    assert.deepEqual(
      [registries.length, edition?.editionId, edition?.lookedUp, edition?.numbers],
      [1, editionId, 'intake', 2],
    )
    assert.equal(edition?.digest, sha256Hex('201,5550101\n201,5550102\n'))
    assert.deepEqual([edition?.subscription, edition?.maxAgeDays], ['SAN 1', 31])
    assert.deepEqual(of.countries, ['US'])
    assert.deepEqual(of.codes, {
      ...{ 'contact-id-invalid': 1, 'suppressed-dnc': 1, 'suppressed-registry': 1 },
    })
    assert.equal(of.codesComplete, true)
    assert.deepEqual([of.counts.suppressed, of.counts.delivered], [2, 1])
  })

  it('it is verified by the script alone, and by nobody once a byte was changed', async () => {
    const { text } = await gateway.client.call(`/v1/uploads/${uploadId}/scrub-certificate`)
    const keys = await call<{ items: { id: string; publicKey: string }[] }>('/v1/signing-keys')
    const folder = await mkdtemp(join(tmpdir(), 'proof-'))
    try {
      await copyFile('src/certificate-verify.mjs', join(folder, 'verify.mjs'))
      await writeFile(join(folder, 'certificate.json'), text)
      await writeFile(join(folder, 'keys.json'), JSON.stringify(keys))
      assert.equal((await readdir(folder)).length, 3)
      const args = ['verify.mjs', 'certificate.json']
      const { stdout } = await run(process.execPath, args, { cwd: folder })
      assert.match(stdout, /^GENUINE\./u)
      assert.match(stdout, /- ftc \(US\), edition rge_\w+: 2 numbers/u)
      const { check } = (await import(pathToFileURL(join(folder, 'verify.mjs')).href)) as {
        check: (bytes: Buffer, keyOf: () => string) => { fault?: string }
      }
      const keyOf = () => keys.items[0]!.publicKey
      const genuine = Buffer.from(text)
      assert.equal(check(genuine, keyOf).fault, undefined)
      for (let at = 0; at < genuine.length; at += 1) {
        const changed = Buffer.from(genuine)
        changed[at]! ^= 1
        assert.notEqual(check(changed, keyOf).fault, undefined, `byte ${at}`)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("another tenant's upload has none", async () => {
    const unknown = `upl_${'0'.repeat(32)}`
    const problem = await call(`/v1/uploads/${unknown}/scrub-certificate`, { expect: 404 })
    assert.equal(problem['code'], 'not-found')
  })

  it('evidence tells what was decided about a person, in order, with its audit entries', async () => {
    const ann = await evidence({ phoneNumber: '+1 415-555-7871' })
    assert.deepEqual(codes(ann), [
      'entry-accepted',
      'entry-applied',
      'row-rejected',
      'row-suppressed',
    ])
    const [accepted, , rejected, suppressed] = ann.items
    assert.deepEqual([accepted?.id, accepted?.about.source], [submissionId, 'web form'])
    assert.deepEqual([rejected?.about.line, rejected?.about.code], [5, 'contact-id-invalid'])
    assert.equal(rejected?.about.match, 'cells')
    assert.equal(suppressed?.about.suppressedBy?.submissionId, submissionId)
    for (const { code, auditEntryId } of ann.items) assert.ok(auditEntryId, code)

    const bo = await evidence({ phoneNumber: BO })
    assert.deepEqual(codes(bo), ['registry-listed', 'row-suppressed'])
    assert.deepEqual([bo.items[0]?.id, bo.items[0]?.about.registry], [editionId, 'ftc'])
    assert.equal(bo.items[1]?.about.suppressedBy?.editionId, editionId)
  })

  it('it goes on with an opt-out after the delivery, and its removal', async () => {
    assert.deepEqual(codes(await evidence({ email: 'CY@example.com' })), [
      ...['row-accepted', 'row-tried', 'row-delivered'],
    ])
    const entries = keyed([{ phoneNumber: CY, expiresAt: '2090-01-01T00:00:00+01:00' }])
    await call('/v1/dnc-lists/demo-dnc/entries', entries)
    await until(async () =>
      codes(await evidence({ phoneNumber: CY })).includes('contact-reported') ? true : null,
    )
    const removal = keyed([{ phoneNumber: CY, reason: 'Asked to be called again' }])
    const { id: removalId } = await call('/v1/dnc-lists/demo-dnc/removals', removal)
    const told = await until(async () => {
      const found = await evidence({ phoneNumber: CY })
      const applied = found.items.filter(({ code }) => code === 'entry-applied')
      return applied.length === 2 && codes(found).includes('entry-removed') ? found : null
    })
    assert.deepEqual(codes(told).toSorted(), [
      ...['contact-found', 'contact-reported', 'entry-accepted', 'entry-applied', 'entry-applied'],
      ...['entry-removed', 'removal-accepted', 'row-accepted', 'row-delivered', 'row-tried'],
    ])
    const at = (code: string) => codes(told).indexOf(code)
    assert.ok(at('row-delivered') < at('entry-accepted'))
    assert.ok(at('entry-accepted') < at('contact-found'))
    assert.ok(at('contact-found') < at('removal-accepted'))
    assert.deepEqual(told.items.at(at('entry-removed'))?.id, removalId)
    const times = told.items.map((item) => Date.parse(item.at))
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    )

    const middle = { from: told.items.at(at('entry-accepted'))!.at, to: WHOLE.to }
    const later = await evidence({ phoneNumber: CY }, middle)
    assert.equal(codes(later)[0], 'entry-accepted')
    assert.ok(!codes(later).includes('row-delivered'))
  })

  it('that it was read is audited by digest, and nothing else has the number', async () => {
    const { subjectDigest } = await evidence({ phoneNumber: ANN })
    const page = await until(async () => {
      const query = `action=evidence.read&object=${subjectDigest}`
      const { text, body } = await gateway.client.call<{ items: { digest: string }[] }>(
        `/v1/audit-entries?${query}`,
      )
      return body.items.length >= 2 ? { text, ...body } : null
    })
    assert.equal(page.items[0]?.digest, subjectDigest)
    for (const number of [ANN, BO, CY].map((phone) => phone.slice(2))) {
      assert.ok(!page.text.includes(number))
      assert.ok(!gateway.output.some((line) => line.includes(number)))
    }
  })

  it('a body that names no one, or no time, is refused with the place', async () => {
    const refused = async (body: object, code: string, pointer: string) => {
      const problem = await call<{ code: string; pointer?: string; errors?: object[] }>(
        '/v1/evidence',
        { ...json('POST', body), expect: code.startsWith('evidence') ? 422 : 400 },
      )
      assert.equal(problem.code, code)
      assert.ok(JSON.stringify(problem).includes(pointer), JSON.stringify(problem))
    }
    await refused({ ...WHOLE }, 'evidence-subject-invalid', 'pointer')
    await refused(
      { ...WHOLE, phoneNumber: ANN, email: 'a@example.com' },
      'evidence-subject-invalid',
      '/email',
    )
    await refused(
      { ...WHOLE, phoneNumber: '0171 1234567' },
      'evidence-subject-invalid',
      '/phoneNumber',
    )
    await refused({ ...WHOLE, phoneNumber: ANN, cursor: 'x' }, 'evidence-cursor-invalid', '/cursor')
    await refused(
      { phoneNumber: ANN, from: WHOLE.to, to: WHOLE.from },
      'evidence-time-invalid',
      '/from',
    )
    await refused(
      { phoneNumber: ANN, from: '2026-01-01T00:00:00', to: WHOLE.to },
      'body-invalid',
      'from',
    )
    await refused({ ...WHOLE, phoneNumber: ANN, number: ANN }, 'body-invalid', 'number')
    const zero = { from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' }
    assert.ok((await evidence({ phoneNumber: ANN }, zero)).items.length > 0)
  })
})
