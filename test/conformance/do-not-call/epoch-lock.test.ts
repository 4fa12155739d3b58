import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { RowsWithheld } from '../../../src/workflows/ports/delivery/tries.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { acceptEntries } from '../../support/do-not-call/dnc-entries.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const PHONE = '+12125550123'

describe('A try beside entries that are being added', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let store: Store
  let other: OtherSession
  let lists = 0
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    store = await openTestStore(place)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    other = await openOtherSession(place.url)
  })
  after(async () => {
    await other.close()
    await store.close()
    await home.close()
  })

  /** An upload of two contacts, the second with the phone. Its batch is about to be tried. */
  const intend = async (): Promise<{ claim: LaneClaim; upload: Upload; batchId: string }> => {
    const list = `epoch-${(lists += 1)}`
    const id = await beginUpload(store, list)
    const subjectDigests = Buffer.concat(
      ['+12125550100', PHONE].map((phone) => subjectDigest(store.digestKey, phone)),
    )
    const subjects = { subjectDigests, subjectRows: Uint16Array.of(0, 1) }
    const chunk = { ...chunkOf(0, 2, ['a', 'b']), ...subjects }
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
    const { epochs: suppressionEpochs } = await store.suppressions.standingOf(list)
    const { upload } = await store.uploads.stage({
      ...stageInput(id, chunk, key),
      suppressionEpochs,
    })
    const claim = await store.lanes.claim('me')
    assert.ok(claim?.key === upload.laneKey)
    const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 2, sent: Buffer.of(3) }
    await store.delivery.intend(claim, id, batch, audit('upload.batch.intended', batch.id))
    return { claim, upload, batchId: batch.id }
  }

  const attemptsOf = async (batchId: string): Promise<unknown> => {
    const { rows } = await store.sql.executeSql('select attempts from shipment where id = $1', [
      batchId,
    ])
    return (rows[0] as { attempts: number }).attempts
  }

  for (const [when, isFirst] of [
    ['the first of their tenant', true],
    ['more of their tenant', false],
  ] as const) {
    it(`waits for the commit of ${when}, and then goes without the contact`, async () => {
      if (isFirst) await store.sql.executeSql('delete from suppression_epoch')
      const { claim, batchId } = await intend()
      const { text, values } = acceptEntries(store, [PHONE])
      await other.query('begin')
      await other.query(text, values)
      const tried = store.delivery.recordTry(claim, batchId)
      tried.catch(() => undefined)
      await other.untilBlocked('suppression_epoch')
      await other.query('commit')
      await assert.rejects(tried, (error: unknown) => {
        assert.ok(error instanceof RowsWithheld)
        assert.deepEqual(
          error.rows.map(({ row, verdict }) => [row, verdict.code]),
          [[1, 'suppressed-since']],
        )
        return true
      })
      assert.equal(await attemptsOf(batchId), 0)
      // Otherwise the next test of this file would find the entry.
      await store.sql.executeSql('delete from dnc_entry')
    })
  }

  it('that was recorded first keeps entries from being accepted until it is', async () => {
    const { batchId } = await intend()
    const { text, values } = acceptEntries(store, [PHONE])
    await other.query('begin')
    await other.query(`select epoch from suppression_epoch for share`)
    const accepted = store.sql.executeSql(text, values)
    await other.untilBlocked('suppression_epoch')
    assert.equal(await attemptsOf(batchId), 0)
    await other.query('commit')
    await accepted
    await store.sql.executeSql('delete from dnc_entry')
  })

  it('would miss them if the statement that locks also looked', async () => {
    const { text, values } = acceptEntries(store, [PHONE])
    await other.query('begin')
    await other.query(text, values)
    const looked = store.sql.executeSql(
      `with locked as materialized (select epoch from suppression_epoch where tenant_id = 'default' for share)
      select epoch, (select count(*)::int from dnc_entry) as seen from locked`,
    )
    await other.untilBlocked('with locked as')
    await other.query('commit')
    const { rows } = await looked
    const [{ seen }] = rows as [{ seen: number }]
    const { rows: now } = await store.sql.executeSql('select count(*)::int as n from dnc_entry')
    // The statement sees the newest row of the lock, but the entries from before its wait. That is
    // why the store uses two statements.
    assert.deepEqual([seen, (now[0] as { n: number }).n], [0, 1])
  })
})
