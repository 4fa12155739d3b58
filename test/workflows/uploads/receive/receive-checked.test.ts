import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import type { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../../src/domain/uploads/upload-options.ts'
import type { RunIntake } from '../../../../src/intake/contract.ts'
import { createReadContactList } from '../../../../src/workflows/contact-lists/read-contact-lists.ts'
import {
  caller,
  lineIntake,
  nothingRemains,
  problem,
  setUpReceiving,
} from '../../../support/stages/receive-stage.ts'

describe('checking a received upload against its list', () => {
  it('uses the list as last seen when Genesys is down, and stages nothing when it was never seen', async () => {
    const t = setUpReceiving()
    t.genesys.onRead = () => {
      throw new GenesysFailure('unavailable', 'readContactList')
    }
    await assert.rejects(
      t.receive(t.request('a\n')),
      (error) =>
        problem('genesys-unavailable')(error) && (error as GatewayProblem).retryAfterSeconds! > 0,
    )
    nothingRemains(t)
    await t.lists.put(t.genesys.list)
    t.lists.ageMs = 3_600_000
    assert.equal((await t.receive(t.request('a\n'))).status, 202)
    const read = createReadContactList({ contactLists: t.genesys, lists: t.lists })
    assert.equal((await read(caller, 'list-1')).ageMs, 3_600_000)
  })

  it('tells apart a list that Genesys does not know and a gateway that it refuses', async () => {
    const t = setUpReceiving()
    for (const [kind, code] of [
      ['not_found', 'not-found'],
      ['forbidden', 'genesys-refused'],
    ] as const) {
      t.genesys.onRead = () => {
        throw new GenesysFailure(kind, 'readContactList')
      }
      await assert.rejects(t.receive(t.request('a\n')), problem(code))
      nothingRemains(t)
    }
  })

  it('uses the stored copy of the list while Genesys refuses the credentials, because they can be fixed', async () => {
    const t = setUpReceiving()
    t.genesys.onRead = () => {
      throw new GenesysFailure('unauthorized', 'readContactList')
    }
    await assert.rejects(t.receive(t.request('a\n')), problem('genesys-refused'))
    nothingRemains(t)
    await t.lists.put(t.genesys.list)
    t.lists.ageMs = 3_600_000
    assert.equal((await t.receive(t.request('a\n'))).status, 202)
  })

  it('validates without a key and keeps nothing', async () => {
    const t = setUpReceiving()
    const answer = await t.receive(
      t.request('a\n!b\n', { validateOnly: true, idempotencyKey: null }),
    )
    assert.equal(answer.status, 200)
    const body = JSON.parse(answer.body)
    assert.equal(body.valid, true)
    assert.equal(body.rejectedRows[0].line, 2)
    assert.equal(body.rejectedRows[0].code, 'phone-invalid')
    nothingRemains(t)
  })

  it('plans by the size that the list has now, not by a copy from before the last delivery', async () => {
    const t = setUpReceiving()
    await t.lists.put({ ...t.genesys.list, size: 0 })
    t.genesys.list = { ...t.genesys.list, size: 1 }
    t.register.set('a', { contentHash: Buffer.alloc(32), acceptedSeq: 1 })
    const options = uploadOptionsSchema.parse({ duplicates: 'skip' })
    const answer = await t.receive(t.request('a\n', { validateOnly: true, options }))
    assert.equal(JSON.parse(answer.body).plan.unchanged, 1)
  })

  it('warns in a validation, as in an upload, of an encoding that was guessed', async () => {
    const guessed: RunIntake = async (...given) => {
      const result = await lineIntake(...given)
      const source = { ...result.source, encoding: 'windows-1252', encodingFrom: 'content' }
      return { ...result, source } as typeof result
    }
    const warningsOf = async (intake: RunIntake) => {
      const t = setUpReceiving(intake)
      const answer = await t.receive(t.request('a\n', { validateOnly: true }))
      return JSON.parse(answer.body).warnings.map(({ code }: { code: string }) => code)
    }
    assert.deepEqual(await warningsOf(guessed), ['encoding-detected'])
    assert.deepEqual(await warningsOf(lineIntake), [])
  })
})
