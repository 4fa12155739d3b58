import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { ConfigInvalid, readConfig } from '../../../src/config.ts'
import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { setDncStage, type DncStage } from '../../support/do-not-call/dnc-stage.ts'
import { dncStore } from '../../support/do-not-call/dnc-store.ts'
import { createSubmitter } from '../../support/do-not-call/dnc-submitter.ts'
import { createLife } from '../../support/gateway/kill-points.ts'

const NUMBER = '+14155552671'

const configFaults = (source: Record<string, string>): string => {
  try {
    readConfig({ ADMIN_API_KEY: 'a'.repeat(32), ...source })
    return ''
  } catch (error) {
    assert.ok(error instanceof ConfigInvalid)
    return error.message
  }
}

describe('Do-not-call entries as they come in, where the source guide was wrong', () => {
  const store = dncStore()
  let stage: DncStage
  beforeEach(async () => {
    stage = await setDncStage(store(), 'guide')
  })
  afterEach(() => stage.close())
  const submit = async (...entries: object[]) => {
    const submission = await stage.process().submit(entries)
    assert.ok(submission)
    return submission
  }
  const isSuppressed = async (subject: string): Promise<boolean> => {
    const digest = subjectDigest(store().digestKey, subject)
    return (await store().suppressions.suppressedAmong('any', digest)).size === 1
  }

  it('C12: a reason that is unknown is kept as it was written', async () => {
    const submission = await submit({ phoneNumber: NUMBER, reason: 'shouted at us' })
    for await (const rows of store().dncSubmissions.ledgerRows(submission, {
      ...{ outcomes: [], afterLine: 0 },
    })) {
      assert.deepEqual(
        rows.map(({ terms }) => [terms?.reason, terms?.originalReason]),
        [['UNSPECIFIED', 'shouted at us']],
      )
    }
  })

  it('C13: a time that is none, of no zone or past is rejected, and none is made of it', async () => {
    const { rejections } = await submit(
      ...['2', '2031-02-31T00:00:00Z', '2031-01-31T00:00:00', '2020-01-01T00:00:00Z'].map(
        (expiresAt) => ({ phoneNumber: NUMBER, expiresAt }),
      ),
    )
    assert.deepEqual(rejections, { 'date-invalid': 3, 'expiry-past': 1 })
  })

  it('C14: an entry of whatever country suppresses at once; one that is not allowed only waits to be sent', async () => {
    const abroad = ['+447911123456', '+80012345678', '+41446681800']
    const { counts } = await submit(...abroad.map((phoneNumber) => ({ phoneNumber })))
    assert.deepEqual([counts.quarantined, counts.rejected], [3, 0])
    for (const one of abroad) assert.ok(await isSuppressed(one), one)
    await stage.process().drain()
    assert.deepEqual(Object.keys(stage.there()), [])
  })

  it('C15: a national number without its region suppresses nobody by a guess', async () => {
    const { rejections } = await submit({ phoneNumber: '415 555 2671' })
    assert.deepEqual(rejections, { 'phone-region-missing': 1 })
    assert.ok(!(await isSuppressed(NUMBER)))
  })

  it('C16: a number within other text is no number', async () => {
    const { rejections } = await submit({ phoneNumber: '(415) 555-2671; DROP', region: 'US' })
    assert.deepEqual(rejections, { 'phone-invalid': 1 })
  })

  it('C22: credentials go to no host but those of a closed list of regions', () => {
    for (const GENESYS_REGION of ['evil.example', 'x@evil.example/']) {
      const said = configFaults({ GENESYS_REGION })
      assert.match(said, /GENESYS_REGION/)
      assert.ok(!said.includes('evil'))
    }
  })

  it('C28: a file is judged as it comes in, and others get their turns between its pieces', async () => {
    let inARow = 0
    let most = 0
    let reading = true
    const others = (async () => {
      while (reading) {
        await turn()
        inARow = 0
      }
    })()
    const submitEntries = createSubmitter(store(), {
      life: createLife(Number.POSITIVE_INFINITY),
      judges: () => {
        inARow += 1
        most = Math.max(most, inARow)
      },
    })
    const count = 20_000
    const entries = Array.from({ length: count }, (_, n) => ({
      phoneNumber: `+1415${String(2_000_000 + n)}`,
    }))
    await submitEntries(entries, { dncListId: 'dnc-1' })
    reading = false
    await others
    assert.ok(most > 0 && most < count / 4, `${most} entries in one turn`)
  })

  it('C30: a submission of nobody is refused, and is not there', async () => {
    await assert.rejects(stage.process().submit([]), (error: unknown) => {
      assert.ok(error instanceof GatewayProblem)
      return error.code === 'dnc-no-entries'
    })
    const { rows } = await store().sql.executeSql('select id from dnc_submission')
    assert.deepEqual(rows, [])
  })
})
