import assert from 'node:assert/strict'
import { test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { setStage } from '../../support/stages/stage.ts'

const ROWS = 230
const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'

type Explained = {
  items: { uploadId: string; line: number; outcome: string }[]
  next: string | null
}

/**
 * Each row of the contact opened two chunks, and all rows were in one answer. With 5,000 rows the
 * answer took 34 s. A file of a million such rows would have kept the gateway busy for hours.
 */
test('a contact that is in every line of a file is explained a hundred rows at a time, and no row is missing or told twice', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const { client } = await stage.gateway()
    const send = async (rows: number): Promise<string> => {
      const lines = Array.from({ length: rows }, (_, at) => `same,F${at},L,+12125550101,,`)
      const query = 'contactIdColumn=customerId'
      const { body } = await client.upload('demo-contacts', [HEADER, ...lines].join('\n'), {
        query,
      })
      return (await client.finished(body.id)).id
    }
    const older = await send(1)
    const uploadId = await send(ROWS)
    const path = '/v1/contact-lists/demo-contacts/contacts/same/explain'
    const found: Explained['items'] = []
    const pages: number[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `?cursor=${cursor}`
      const { body } = await client.call<Explained>(`${path}${query}`)
      found.push(...body.items)
      pages.push(body.items.length)
      cursor = body.next
    }
    assert.deepEqual(pages, [100, 100, 31])
    const lines = Array.from({ length: ROWS }, (_, at) => [uploadId, ROWS + 1 - at])
    assert.deepEqual(
      found.map((item) => [item.uploadId, item.line]),
      [...lines, [older, 2]],
    )
    assert.equal(found.filter(({ outcome }) => outcome === 'duplicate').length, ROWS - 1)
  } finally {
    await stage.close()
    await home.close()
  }
})
