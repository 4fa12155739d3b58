import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { REASON_NUMBERS } from '../../../src/domain/do-not-call/suppression.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type { SignedCertificate } from '../../../src/domain/proof/scrub-certificate.ts'
import { createBitmap, setBit } from '../../../src/lib/bitmap.ts'
import { sha256Hex } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createIssueCertificate } from '../../../src/workflows/proof/issue-certificate.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { submitEntries } from '../../support/do-not-call/dnc-submissions.ts'
import {
  loadEdition,
  makeRegistry,
  useRegistries,
} from '../../support/do-not-call/registry-editions.ts'
import { contactsOf, deliver } from '../../support/stages/delivered.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const NUMBER = 12_015_550_101
const LIST = 'list-1'

eachHome('What an upload was checked against', (home) => {
  let store: Store
  let digests: { own: string; other: string }
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await run(`insert into tenant (id) values ('other')`)
    await run(
      `insert into tenant_grant (tenant_id, kind, object_id) values ('other', 'contact_list', '*')`,
    )
    const first = await submitEntries(store, [
      { subject: '+14155550101' },
      { subject: '+41446681800', quarantined: true },
    ])
    const gone = await submitEntries(store, [{ subject: '+14155550101' }], { kind: 'remove' })
    await run(`update dnc_submission set removed = 1 where id = $1`, [gone])
    const other = await submitEntries(store, [{ subject: '+14155550102' }], { tenantId: 'other' })
    digests = {
      own: sha256Hex(`${first} add ab\n${gone} remove ab\n`),
      other: sha256Hex(`${other} add ab\n`),
    }
  })
  after(() => store.close())

  const run = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await store.sql.executeSql(text, values)).rows as Row[]
  /** An upload of three rows. An entry keeps out the first, and a registry the second. */
  const staged = async (list: string, edition: number | null): Promise<string> => {
    const id = await beginUpload(store, list)
    const chunk = chunkOf(0, 2, ['a', 'b', 'c'], 1)
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    const leftOut = createBitmap(3)
    setBit(leftOut, 0)
    setBit(leftOut, 1)
    const { epochs } = await store.suppressions.standingOf(list)
    const input = stageInput(id, chunk, key)
    await store.uploads.stage({
      ...input,
      counts: { ...input.counts, accepted: 1, suppressed: 2 },
      leftOut: new Map([[0, leftOut]]),
      suppressed: new Map([
        [
          0,
          [
            { row: 0, submission: 1, reason: 2 },
            { row: 1, submission: edition ?? 1, reason: REASON_NUMBERS.registry },
          ],
        ],
      ]),
      suppressionEpochs: epochs,
      registries:
        edition === null ? null : { epochs, editions: [edition], countries: ['CA', 'US'] },
    })
    return id
  }
  const issue = (tenantId: string, uploadId: string): Promise<string> =>
    createIssueCertificate({
      ...{ uploads: store.uploads, checks: store.scrubChecks, signer: store.signing },
      ruleTableVersion: '2026-11-28',
    })({ tenantId }, uploadId)
  const certificate = async (uploadId: string) =>
    JSON.parse(await issue('default', uploadId)) as SignedCertificate
  const numberOf = async (editionId: string): Promise<number> => {
    const [row] = await run<{ number: string }>(
      `select number from registry_edition where id = $1`,
      [editionId],
    )
    return Number(row!.number)
  }
  const edition = async (name: string, asOf: string) => {
    await makeRegistry(store, name, 90)
    await useRegistries(store, 'default', [name])
    return loadEdition(store, name, [NUMBER], { asOf, subscription: 'SAN 1' })
  }

  it('is every submission up to the look-up, of each tenant of the list, and no later one', async () => {
    const id = await staged(LIST, null)
    await submitEntries(store, [{ subject: '+14155550109' }])
    const { lists, registries, ruleTable, countries } = await certificate(id)
    assert.deepEqual(
      lists.map(({ asOf: _asOf, ageSeconds: _age, ...list }) => list),
      [
        {
          ...{ dncListId: 'dnc-1', own: true, submissions: 2, entries: 2, removed: 1 },
          digest: digests.own,
        },
        {
          ...{ dncListId: 'dnc-1', own: false, submissions: 1, entries: 1, removed: 0 },
          digest: digests.other,
        },
      ],
    )
    assert.deepEqual([registries, countries, ruleTable.version], [[], [], '2026-11-28'])
  })

  it('is the editions that were looked at, with their age then, and which was looked at later', async () => {
    const asOf = new Date(Date.now() - 3 * 86_400_000).toISOString()
    const first = await edition('first', asOf)
    const id = await staged('list-2', await numberOf(first.id))
    const { registries, countries, check, ...of } = await certificate(id)
    const [shown] = registries
    assert.deepEqual(
      [shown?.registry, shown?.editionId, shown?.lookedUp, shown?.asOf, shown?.numbers],
      ['first', first.id, 'intake', asOf, 1],
    )
    assert.deepEqual(
      [shown?.digest, shown?.subscription, shown?.maxAgeDays, shown?.country],
      [first.sha256, 'SAN 1', 90, 'US'],
    )
    const age = Math.floor((Date.parse(check.endedAt) - Date.parse(asOf)) / 1_000)
    assert.equal(shown?.ageSeconds, age)
    assert.deepEqual(countries, ['CA', 'US'])
    assert.deepEqual(of.codes, {
      ...{ 'phone-invalid': 1, 'suppressed-dnc': 1, 'suppressed-registry': 1 },
    })
    assert.equal(check.lastTriedAt, null)

    const later = await loadEdition(store, 'first', [NUMBER + 1], { change: 'add' })
    await run(
      `update upload set registries = jsonb_set(registries, '{editions,1}', to_jsonb($2::int)) where id = $1`,
      [id, await numberOf(later.id)],
    )
    assert.deepEqual(
      (await certificate(id)).registries.map(({ editionId, lookedUp, change, baseId }) => [
        ...[editionId, lookedUp, change, baseId],
      ]),
      [
        [first.id, 'intake', 'full', null],
        [later.id, 'dispatch', 'add', first.id],
      ],
    )
    await store.registries.remove({
      ...{ name: 'first', id: first.id, audit: stageInput(id, chunkOf(0, 2, []), 'k').audit },
    })
    assert.equal((await certificate(id)).registries[0]?.editionId, first.id)
    await useRegistries(store, 'default', [])
  })

  it('is not certified where the registries in use could not be looked at', async () => {
    const before = await staged('list-3', null)
    await edition('needed', new Date().toISOString())
    await assert.rejects(
      issue('default', before),
      (error) => error instanceof GatewayProblem && error.code === 'scrub-check-outstanding',
    )
    await useRegistries(store, 'default', [])
  })

  it('says when its rows were tried, and certifies what was sent before a registry was used', async () => {
    const upload = await deliver(store, 'list-4', contactsOf(store, { ann: ['+14155550155'] }))
    await useRegistries(store, 'default', ['needed'])
    const { check, upload: shown, counts } = await certificate(upload.id)
    assert.ok(Date.parse(check.lastTriedAt!) >= Date.parse(check.endedAt))
    assert.deepEqual([shown.state, counts.delivered], ['completed', 1])
    await useRegistries(store, 'default', [])
  })

  it('stays known once the rows are past their retention, but for what kept each out', async () => {
    const id = await staged('list-5', null)
    await run('delete from chunk where upload_id = $1', [id])
    const { codes, codesComplete, counts, lists } = await certificate(id)
    assert.deepEqual(codes, { 'phone-invalid': 1 })
    assert.deepEqual([codesComplete, counts.suppressed, lists.length], [false, 2, 2])
  })

  it("of another tenant's upload, or of one that is still received, is not told", async () => {
    const id = await staged('list-6', null)
    const receiving = await beginUpload(store, 'list-6')
    for (const [tenantId, uploadId] of [
      ['other', id],
      ['default', receiving],
    ] as const) {
      await assert.rejects(
        issue(tenantId, uploadId),
        (error) => error instanceof GatewayProblem && error.code === 'not-found',
      )
    }
  })
})
