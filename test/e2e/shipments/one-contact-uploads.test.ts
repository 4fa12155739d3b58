import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import { eachHome, serverHome } from '../../support/databases/database.ts'
import { cleanFile, differences, type ExpectedContact } from '../../support/stages/contact-file.ts'
import {
  type Dialect,
  type RunningGateway,
  setStage,
  type Stage,
} from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'
const CONTACTS = 12
const VERSIONS = 3
/** Genesys refuses every request that carries this contact, and does not say why. */
const BAD = 7
const AT_ONCE = 6

type Posted = { id: string; contact: number; version: number }

const idOf = (contact: number): string => `C-${String(contact).padStart(7, '0')}`

/**
 * Posts one upload of one contact each, and the versions of a contact one after the other.
 * `gateway` returns the gateway for the next one.
 */
const post = async (gateway: () => RunningGateway): Promise<Posted[]> => {
  const posted: Posted[] = []
  for (let version = 1; version <= VERSIONS; version += 1) {
    for (let from = 0; from < CONTACTS; from += AT_ONCE) {
      const contacts = Array.from(
        { length: Math.min(AT_ONCE, CONTACTS - from) },
        (_, n) => from + n,
      )
      const answers = await Promise.all(
        contacts.map((contact) => {
          const { csv } = cleanFile({ rows: 1, from: contact, version })
          return gateway().client.upload(LIST, csv, { key: `${contact}-${version}` })
        }),
      )
      for (const [place, answer] of answers.entries()) {
        assert.equal(answer.status, 202, answer.text)
        posted.push({ id: answer.body.id, contact: contacts[place]!, version })
      }
    }
  }
  return posted
}

const expectedContents = (): Map<string, ExpectedContact> => {
  const { expected } = cleanFile({ rows: CONTACTS, version: VERSIONS })
  expected.delete(idOf(BAD))
  return expected
}

/**
 * Checks that every upload ended with its one row accounted for, that only the rows of the bad
 * contact failed, and that the CRM was notified of each upload once.
 */
const assertEnded = async (
  stage: Stage,
  gateway: RunningGateway,
  posted: readonly Posted[],
): Promise<void> => {
  for (const { id, contact, version } of posted) {
    const upload = await gateway.client.finished(id)
    const { accepted, delivered, unchanged, failed, unprocessed } = upload.counts
    assert.equal(accepted, 1)
    assert.equal(delivered + unchanged + failed + unprocessed, 1, JSON.stringify(upload.counts))
    const { body } = await gateway.client.call<{
      items: { outcome: string; code: string | null }[]
    }>(`/v1/uploads/${id}/rows`)
    const [row] = body.items
    assert.equal(body.items.length, 1)
    const blamed = `${contact} v${version}: ${row?.outcome} ${row?.code}`
    if (contact === BAD) assert.notEqual(row?.outcome, 'delivered', blamed)
    else {
      assert.equal(upload.state, 'completed', blamed)
      assert.ok(
        ['delivered', 'unchanged'].includes(row!.outcome) || row?.code === 'superseded',
        blamed,
      )
      if (version === VERSIONS) assert.notEqual(row?.code, 'superseded', blamed)
    }
    await stage.crm.message(({ data }) => data.uploadId === id)
    assert.equal(new Set(stage.crm.about(id).map((message) => message.id)).size, 1)
  }
  assert.deepEqual(differences(stage.sandbox.contents(LIST), expectedContents()), [])
  const ledger = stage.sandbox.ledger({ listId: LIST })
  assert.equal(ledger.lists[0]?.overlappingRequests, 0)
  assert.equal(ledger.requestIds.conflicting, 0)
}

const setShipmentStage = async (home: StoreHome, dialect: Dialect): Promise<Stage> => {
  const stage = await setStage(home, dialect)
  stage.sandbox.setFaults([
    { kind: 'slow', operation: dialect === 'guide' ? 'bulk' : 'contacts', delayMs: 60 },
    { kind: 'refuse-batch-containing', contactIds: [idOf(BAD)] },
  ])
  return stage
}

eachHome('One-contact uploads that share requests', (home) => {
  for (const dialect of ['guide', 'platform'] as const) {
    test(`kill -9 in the middle leaves every sum, the newest content, and nobody blamed for another (${dialect})`, async () => {
      const stage = await setShipmentStage(await home.fresh(), dialect)
      try {
        const doomed = await stage.gateway()
        const sent = doomed.event('batch.settled')
        const posted = await post(() => doomed)
        await sent
        await doomed.kill()
        const heir = await stage.gateway()
        await assertEnded(stage, heir, posted)
        const requests = stage.sandbox.ledger({ listId: LIST }).lists[0]?.appliedRequests ?? 0
        assert.ok(requests > 0 && requests < posted.length, `${requests} requests`)
      } finally {
        await stage.close()
      }
    })
  }
})

const server = serverHome()

describe('One-contact uploads at two gateways', { skip: server.skip }, () => {
  let home: StoreHome
  before(async () => {
    home = await server.fresh()
  })
  after(() => server.close())

  test('share the requests of one lane, also when one of the gateways is killed', async () => {
    const stage = await setShipmentStage(home, 'guide')
    try {
      const gateways = [await stage.gateway(), await stage.gateway()]
      let turn = 0
      const posted = await post(() => gateways[(turn += 1) % 2]!)
      const { kill } = gateways[0]!
      await kill()
      await assertEnded(stage, gateways[1]!, posted)
    } finally {
      await stage.close()
    }
  })
})
