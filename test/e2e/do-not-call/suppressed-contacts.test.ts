import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { ContactExplained } from '../../../src/workflows/uploads/watch/explain-contact.ts'
import { serverHome } from '../../support/databases/database.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'

describe('Contacts whom entries taken over HTTP name', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway()
    const { status, text } = await gateway.client.call('/v1/dnc-lists/dnc-1/entries', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'opt-outs' },
      body: JSON.stringify([
        { phoneNumber: '(212) 555-0123', region: 'US', reason: 'REGULATORY' },
        { email: 'Ann.Lee@EXAMPLE.com' },
        { email: 'bo@bücher.example' },
      ]),
    })
    assert.equal(status, 202, text)
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  it('are kept out of small and large uploads, in whatever spelling, and nobody else is', async () => {
    const file = cleanFile({ rows: 3_000 }).csv.trimEnd()
    const [header] = file.split('\n')
    const named = [
      'a,A,L,+12125550123,,',
      'b,B,L,,ANN.LEE@example.com,',
      'c,C,L,+14155550199,bo@xn--bcher-kva.example,',
      'd,D,L,+14155550198,Bo@BÜCHER.example,',
      'e,E,L,+14155550197,eve@example.com,',
    ]
    for (const before of [header!, file]) {
      const answer = await gateway.client.upload(LIST, [before, ...named].join('\n'))
      assert.equal(answer.status, 202, answer.text)
      assert.equal(answer.body.counts.suppressed, 4)
      const upload = await gateway.client.finished(answer.body.id)
      assert.equal(upload.state, 'completed')
      const { body } = await gateway.client.call<{
        items: { contactId: string; code: string; suppressedBy: { dncListId: string } }[]
      }>(`/v1/uploads/${upload.id}/rows?outcome=suppressed`)
      assert.deepEqual(
        body.items.map(({ contactId, code, suppressedBy }) => [
          contactId,
          code,
          suppressedBy.dncListId,
        ]),
        ['a', 'b', 'c', 'd'].map((id) => [id, 'suppressed-dnc', 'dnc-1']),
      )
    }
    const explained = await gateway.client.call<ContactExplained>(
      `/v1/contact-lists/${LIST}/contacts/a/explain`,
    )
    const [decision] = explained.body.items
    assert.deepEqual([decision?.outcome, decision?.code], ['suppressed', 'suppressed-dnc'])
    assert.equal(decision?.suppressedBy?.dncListId, 'dnc-1')
    assert.match(decision?.suppressedBy?.submissionId ?? '', /^dns_/)
    assert.ok(decision?.suppressedBy?.reason)
    const held = stage.sandbox.ledger({ listId: LIST }).lists[0]
    assert.equal(held?.contacts, 3_001)
  })
})
