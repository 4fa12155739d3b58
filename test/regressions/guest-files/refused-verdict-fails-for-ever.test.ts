import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

/**
 * A refused look for the verdict of Genesys' scan counted as a refusal of the whole file. A stored
 * file cannot become `failed`, so the work on the file failed for ever, and its record was never
 * deleted.
 */
eachHome('A look for the verdict on a stored file that Genesys refuses', (home) => {
  const at = fileSuite(home)

  const isFollowed = async (id: string): Promise<boolean> => {
    const { rows } = await at.store.sql.executeSql(
      `select ready_at < 'infinity' as followed from guest_file where id = '${id}'`,
    )
    return (rows[0] as { followed: boolean }).followed
  }
  const lateFor = (id: string) =>
    at.stage.told
      .filter(({ name, fields }) => name.endsWith('verdict_late') && fields['guestFileId'] === id)
      .map(({ fields }) => fields['failure'])

  for (const [status, failure] of [
    [404, 'not_found'],
    [403, 'forbidden'],
    [400, 'refused'],
    [401, 'unauthorized'],
    [503, 'unavailable'],
  ] as const) {
    test(`if every look gets ${status}, the gateway stops looking after a day, and reports the file`, async () => {
      const id = await at.stage.send(TEXT)
      at.stage.setFaults([
        { kind: 'guest-file-verdict', word: null, afterMs: 0, count: 1 },
        { kind: 'status', operation: 'guest-file', status },
      ])
      const startedMs = at.stage.clock.monotonicMs()
      await at.stage.work(1000)
      const lookedForMs = at.stage.clock.monotonicMs() - startedMs
      const { state, problem, genesys } = await at.stage.find(id)
      assert.deepEqual([state, problem, genesys.virusScan], ['stored', null, 'pending'])
      assert.ok(lookedForMs >= 86_400_000 && lookedForMs < 90_000_000, `${lookedForMs} ms`)
      assert.deepEqual(lateFor(id), [failure])
      assert.equal(await isFollowed(id), false)
    })
  }

  test('a verdict that Genesys gives after a 404 still counts', async () => {
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([
      { kind: 'guest-file-verdict', word: 'infected', afterMs: 3_600_000, count: 1 },
      { kind: 'status', operation: 'guest-file', status: 404, count: 2 },
    ])
    await at.stage.work(1000)
    const { state, genesys } = await at.stage.find(id)
    assert.deepEqual([state, genesys.virusScan], ['quarantined', 'infected'])
    assert.deepEqual(lateFor(id), [])
  })
})
