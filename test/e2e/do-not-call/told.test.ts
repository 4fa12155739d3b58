import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { z } from 'zod'

import {
  dncEventSchema,
  type submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { type CrmReceiver, startCrmReceiver } from '../../support/gateway/crm-receiver.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/** One type for each message, however often the message was sent. */
const typesAbout = ({ heard }: CrmReceiver, submissionId: string): string[] =>
  [...new Map(heard.map((message) => [message.id, message])).values()]
    .map(({ id: _id, ...message }) => dncEventSchema.safeParse(message))
    .flatMap(({ data }) => (data?.data.submissionId === submissionId ? [data.type] : []))

describe('Who is told of do-not-call submissions', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let compliance: CrmReceiver
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    compliance = await startCrmReceiver()
    gateway = await stage.gateway({
      COMPLIANCE_SYNC_URL: compliance.url,
      COMPLIANCE_SYNC_SECRET: compliance.secret,
    })
    stage.sandbox.makeDncList({ id: 'told', name: 'told' })
  })
  after(async () => {
    await stage.close()
    await compliance.close()
    await home.close()
  })
  const submit = async (entries: object[]) => {
    const { status, body, text } = await gateway.client.call<z.output<typeof submissionSchema>>(
      '/v1/dnc-lists/told/entries',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify(entries),
      },
    )
    assert.equal(status, 202, text)
    return body.id
  }
  const bothHear = async (id: string): Promise<void> => {
    for (const receiver of [compliance, stage.crm]) {
      await receiver.message(
        ({ type, data }) =>
          type === 'dnc.applied' && (data as { submissionId?: string }).submissionId === id,
      )
      await receiver.message(
        ({ type, data }) =>
          type === 'dnc.accepted' && (data as { submissionId?: string }).submissionId === id,
      )
      assert.deepEqual(typesAbout(receiver, id).toSorted(), ['dnc.accepted', 'dnc.applied'])
    }
  }

  test('the CRM and the compliance system hear that entries suppress, and that Genesys has them', async () => {
    await bothHear(await submit([{ phoneNumber: '+14155550101' }]))
  })

  test('a submission of which nothing can be taken is told of with its end', async () => {
    await bothHear(await submit([{ phoneNumber: 'nobody' }]))
    assert.ok(compliance.heard.every(({ type }) => type.startsWith('dnc.')))
  })
})
