import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { contactTarget } from '../../support/guest-files/file-stage.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

eachHome('What Genesys makes of guest files', (home) => {
  const at = fileSuite(home)

  const verdicts: readonly (readonly [string | null, number, string, string])[] = [
    ['passed', 0, 'stored', 'passed'],
    ['passed', 3_600_000, 'stored', 'passed'],
    ['infected', 0, 'quarantined', 'infected'],
    ['failed', 3_600_000, 'quarantined', 'failed'],
    ['CLEAN', 0, 'stored', 'pending'],
    [null, 0, 'stored', 'pending'],
  ]
  for (const [word, afterMs, state, virusScan] of verdicts) {
    test(`a verdict "${word}" after ${afterMs} ms ends in ${state}, ${virusScan}`, async () => {
      const id = await at.stage.send(`verdict ${word} ${afterMs}`)
      at.stage.setFaults([{ kind: 'guest-file-verdict', word, afterMs, count: 1 }])
      await at.stage.work(1000)
      const file = await at.stage.find(id)
      assert.deepEqual([file.state, file.genesys.virusScan], [state, virusScan])
      const about = { infected: /found malware in the file/, failed: /scan of the file failed/ }
      if (virusScan === 'infected' || virusScan === 'failed') {
        assert.match(file.problem?.detail ?? '', about[virusScan])
      }
      const late = at.stage.told.some(
        ({ name, fields }) => name === 'guest_file.verdict_late' && fields['guestFileId'] === id,
      )
      assert.equal(late, virusScan === 'pending')
    })
  }

  test('an unknown contact fails the file, and names the right that may be missing', async () => {
    const id = await at.stage.send(TEXT, { target: contactTarget('nobody') })
    await at.stage.work()
    const { state, problem } = await at.stage.find(id)
    assert.deepEqual([state, problem?.code], ['failed', 'external-contact-refused'])
    assert.equal(await at.piecesOf(id), 0)
  })

  test('a 403 of the API fails the file, a 413 rejects it', async () => {
    for (const [status, state, code] of [
      [403, 'failed', 'external-contact-refused'],
      [413, 'rejected', 'file-too-large-for-genesys'],
      [400, 'failed', 'file-refused-by-genesys'],
    ] as const) {
      const id = await at.stage.send(TEXT)
      at.stage.setFaults([{ kind: 'status', operation: 'guest-file-register', status, count: 1 }])
      await at.stage.work()
      const file = await at.stage.find(id)
      assert.deepEqual([file.state, file.problem?.code], [state, code])
    }
  })

  test('a storage that holds other bytes three times fails the file', async () => {
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([{ kind: 'guest-file-cut' }])
    await at.stage.work()
    const { state, problem } = await at.stage.find(id)
    assert.deepEqual([state, problem?.code], ['failed', 'file-transfer-corrupt'])
  })

  test('a URL of another host gets nothing', async () => {
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([{ kind: 'guest-file-host', origin: 'https://evil.example' }])
    await at.stage.work()
    const { state, problem } = await at.stage.find(id)
    assert.deepEqual([state, problem?.code], ['failed', 'file-refused-by-genesys'])
  })
})
