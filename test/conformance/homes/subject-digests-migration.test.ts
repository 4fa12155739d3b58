import assert from 'node:assert/strict'
import { after, it } from 'node:test'

import { createDigestBatch, DIGEST_BYTES } from '../../../src/lib/keyed-digest.ts'
import { eachHome } from '../../support/databases/database.ts'
import { openBefore } from '../../support/databases/schema-before.ts'

const SUBJECTS = ['+14155550101', 'ann@example.com', '+14155550102']

/** The digests of the subjects, whole: as they were stored. */
const wholeDigests = (): Buffer => {
  const batch = createDigestBatch(Buffer.alloc(32, 3))
  for (const subject of SUBJECTS) batch.add(subject)
  return batch.take()
}

/** The first half of each digest. */
const halves = (digests: Buffer): Buffer =>
  Buffer.concat(
    SUBJECTS.map((_, at) => digests.subarray(at * DIGEST_BYTES, (at + 0.5) * DIGEST_BYTES)),
  )

eachHome('Digests of phones and emails that were stored whole', (home) => {
  const closing: (() => Promise<void>)[] = []
  after(async () => {
    for (const close of closing) await close()
  })

  it('are their first halves from then on, in their order; none stay none', async () => {
    const before = await openBefore(home, '0019-short-subject-digests')
    closing.push(() => before.database.close())
    const { executeSql } = before
    // Only the chunks of the upload matter here.
    await executeSql('alter table chunk drop constraint chunk_upload_id_fkey')
    const whole = wholeDigests().toString('hex')
    await executeSql(`insert into chunk (upload_id, seq, first_line, last_line, accepted, payload, id_digests, subject_digests) values
      ('upl_1', 0, 2, 3, 2, '\\x00', '\\x00', decode('${whole}', 'hex')), ('upl_1', 1, 4, 4, 1, '\\x00', '\\x00', '')`)
    await before.migrate()
    const { rows } = await executeSql(
      `select encode(subject_digests, 'hex') as digests from chunk order by seq`,
    )
    const found = (rows as { digests: string }[]).map(({ digests }) => digests)
    assert.deepEqual(found, [halves(wholeDigests()).toString('hex'), ''])
  })
})
