import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { serverHome } from '../../support/databases/database.ts'
import { isFinished } from '../../support/gateway/gateway-client.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const COLUMNS = ['contactId', 'customerId', 'phone', 'note']

/**
 * The list has the column `contactId`, and the file has its ids in another column. In files, the
 * gateway wrote the id to `contactId`, but expected to read back an empty cell there. So it never
 * recognised its own import, and imported the file again and again. In batches, it emptied the
 * column.
 */
describe(
  'A list with the column contactId, and ids in another column of the file',
  {
    skip: serverHome().skip,
  },
  () => {
    const home = serverHome()
    let stage: Stage
    let gateway: RunningGateway
    let lists = 0
    before(async () => {
      stage = await setStage(await home.fresh(), 'platform')
      gateway = await stage.gateway()
    })
    after(async () => {
      await stage.close()
      await home.close()
    })

    const delivered = async (csv: string, query: string, columns = COLUMNS) => {
      lists += 1
      const id = `ids-${lists}`
      stage.sandbox.makeList({
        ...{ id, name: id, status: 'READY' },
        columns: columns.map((name) => ({
          ...{ name, kind: name === 'phone' ? ('phone' as const) : ('text' as const) },
          required: false,
        })),
      })
      const answer = await gateway.client.upload(id, csv, { query })
      assert.equal(answer.status, 202, answer.text)
      const { state, counts } = await gateway.client.until(
        answer.body.id,
        (upload) => isFinished(upload) || upload.hold !== null,
      )
      assert.deepEqual([state, counts.delivered], ['completed', 2])
      return stage.sandbox.contents(id).get('K1')
    }

    for (const delivery of ['batches', 'file']) {
      it(`gets the id in both columns (${delivery})`, async () => {
        const csv = 'customerId,phone,note\nK1,+14155552671,n\nK2,+14155552672,n\n'
        const held = await delivered(csv, `delivery=${delivery}`)
        assert.deepEqual(held, {
          contactId: 'K1',
          customerId: 'K1',
          phone: '+14155552671',
          note: 'n',
        })
      })

      it(`keeps what another column of the file says (${delivery})`, async () => {
        const csv = 'contactId,customerId,phone,note\nX1,K1,+14155552671,n\nX2,K2,+14155552672,n\n'
        const held = await delivered(csv, `contactIdColumn=customerId&delivery=${delivery}`)
        assert.deepEqual(held, {
          contactId: 'X1',
          customerId: 'K1',
          phone: '+14155552671',
          note: 'n',
        })
      })

      it(`keeps it also if the list has no column for the id (${delivery})`, async () => {
        const csv = 'contactId,key,phone,note\nX1,K1,+14155552671,n\nX2,K2,+14155552672,n\n'
        const columns = COLUMNS.filter((name) => name !== 'customerId')
        const held = await delivered(csv, `contactIdColumn=key&delivery=${delivery}`, columns)
        assert.deepEqual(held, { contactId: 'X1', phone: '+14155552671', note: 'n' })
      })
    }
  },
)
