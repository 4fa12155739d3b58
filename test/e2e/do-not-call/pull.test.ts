import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import type { z } from 'zod'

import type {
  searchAnswerSchema,
  submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

type Submission = z.output<typeof submissionSchema>

const [ANN, BOB, CAT, DAN] = [
  '+14155550101',
  '+14155550102',
  '+14155550103',
  '+14155550104',
] as const
const of = (...numbers: string[]) => numbers.map((phoneNumber) => ({ phoneNumber }))

describe('Pulling a DNC list of the platform', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let list: string
  let lists = 0
  before(async () => {
    stage = await setStage(await home.fresh(), 'platform', { taskDurationMs: 20 })
    gateway = await stage.gateway()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })
  beforeEach(() => {
    list = `pull-${(lists += 1)}`
    stage.sandbox.setFaults([])
    stage.sandbox.makeDncList({ id: list, name: list })
  })

  const post = (path: string, body: object[] | null, key: string = crypto.randomUUID()) =>
    gateway.client.call<Submission>(`/v1/dnc-lists/${list}/${path}`, {
      method: 'POST',
      headers: {
        'idempotency-key': key,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    })
  const applied = async (id: string): Promise<Submission> => {
    for (;;) {
      const { body } = await gateway.client.call<Submission>(`/v1/dnc-submissions/${id}`)
      if (body.state.startsWith('applied')) return body
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
  const done = async (path: string, body: object[] | null): Promise<Submission> => {
    const { status, body: submission, text } = await post(path, body)
    assert.equal(status, 202, text)
    return applied(submission.id)
  }
  const pull = () => done('pull', null)
  const suppressed = async (...phoneNumbers: string[]): Promise<boolean[]> => {
    const { body } = await gateway.client.call<z.output<typeof searchAnswerSchema>>(
      `/v1/dnc-lists/${list}/entries/search`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ phoneNumbers }),
      },
    )
    return body.items.map((item) => item.suppressed)
  }
  const there = () => Object.keys(stage.sandbox.dncList(list).entries.phone).toSorted()

  test('whoever an agent added suppresses with source genesys, and is not sent back', async () => {
    await done('entries', of(ANN))
    stage.sandbox.changeAsAgent(list, { add: [BOB, CAT] })
    stage.sandbox.changeAsAgent(list, { kind: 'email', add: ['Ann@Example.com'] })
    const writes = stage.sandbox.dncList(list).writes
    const pulled = await pull()
    assert.deepEqual(
      [pulled.kind, pulled.state, pulled.counts.created, pulled.counts.duplicates, pulled.notes],
      ['pull', 'applied', 3, 1, []],
    )
    assert.deepEqual(await suppressed(ANN, BOB, CAT, DAN), [true, true, true, false])
    assert.equal(stage.sandbox.dncList(list).writes, writes)
    const { text } = await gateway.client.call(`/v1/dnc-submissions/${pulled.id}/entries`)
    assert.match(text, /"source":"genesys"/)
    assert.equal((await pull()).counts.created, 0)
  })

  test('ours that are missing there keep suppressing, are sent again and counted', async () => {
    await done('entries', of(ANN, BOB))
    stage.sandbox.changeAsAgent(list, { remove: [ANN] })
    const pulled = await pull()
    assert.deepEqual([pulled.counts.existing, pulled.counts.pending], [1, 0])
    assert.match(pulled.notes[0] ?? '', /^1 entries were missing/)
    assert.deepEqual(there(), [ANN, BOB])
    assert.deepEqual(await suppressed(ANN, BOB), [true, true])
    assert.deepEqual((await pull()).notes, [])
  })

  test('whoever was removed here is passed over until an export without him was seen', async () => {
    await done('entries', of(ANN, BOB))
    await done('removals', of(ANN))
    // An export that is older than the removal, as far as it shows.
    stage.sandbox.changeAsAgent(list, { add: [ANN] })
    await pull()
    assert.deepEqual(await suppressed(ANN), [false])
    stage.sandbox.changeAsAgent(list, { remove: [ANN] })
    await pull()
    assert.deepEqual(await suppressed(ANN), [false])
    stage.sandbox.changeAsAgent(list, { add: [ANN] })
    await pull()
    assert.deepEqual(await suppressed(ANN), [true])
  })

  test('an export that is made late is waited for, and the one before it is not taken', async () => {
    stage.sandbox.changeAsAgent(list, { add: [ANN] })
    await pull()
    stage.sandbox.changeAsAgent(list, { add: [BOB] })
    stage.sandbox.setFaults([{ kind: 'dnc-export-lag', lagMs: 1_200, count: 1 }])
    const { body } = await post('pull', null)
    const second = await post('pull', null)
    assert.equal(second.status, 409, second.text)
    assert.equal((await applied(body.id)).counts.created, 1)
    assert.deepEqual(await suppressed(ANN, BOB), [true, true])
  })

  test('the same key asks once, and what is no number is counted and suppresses nobody', async () => {
    stage.sandbox.changeAsAgent(list, { add: ['5550101', ANN] })
    const key = crypto.randomUUID()
    const first = await post('pull', null, key)
    const again = await post('pull', null, key)
    assert.equal(again.body.id, first.body.id)
    const pulled = await applied(first.body.id)
    assert.deepEqual(
      [pulled.state, pulled.counts.created, pulled.counts.rejected],
      ['applied_with_errors', 1, 1],
    )
  })
})

test('the guide dialect has no pull, and says so', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const gateway = await stage.gateway()
    const { status, body } = await gateway.client.call<{ code: string }>(
      '/v1/dnc-lists/demo-dnc/pull',
      { method: 'POST', headers: { 'idempotency-key': 'pull-1' } },
    )
    assert.deepEqual([status, body.code], [409, 'dnc-pull-not-possible'])
  } finally {
    await stage.close()
    await home.close()
  }
})
