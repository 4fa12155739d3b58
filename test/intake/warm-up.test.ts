import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { madeUpFile, warmUp, type WarmUpDeps } from '../../src/intake/warm-up.ts'
import { contactSteps } from '../support/stages/steps.ts'
import { column, KEY, specOf, take } from './taken.ts'

const COLUMNS = [
  column('contactId'),
  column('name'),
  column('phone', 'phone'),
  column('email', 'email'),
  column('city'),
]

const depsWith = (steps: WarmUpDeps['steps']): WarmUpDeps => ({
  intake: { maxRecordBytes: 2 ** 20, digestKey: KEY },
  limits: specOf().limits,
  steps,
})

describe('The warm-up', () => {
  test('reads rows as CRMs send them: most are accepted, and the others have every common fault', async () => {
    const { result } = await take(madeUpFile(1000), { columns: COLUMNS })
    assert.deepEqual(result.rejections, {
      'row-ragged': 20,
      'quote-misplaced': 10,
      'contact-id-invalid': 10,
      'contact-id-missing': 10,
      'phone-short-or-emergency': 10,
      'phone-invalid': 10,
      'email-invalid': 10,
      'no-phone-no-email': 15,
    })
    const { read, accepted, duplicates, blank } = result.counts
    assert.deepEqual({ read, blank, duplicates }, { read: 1000, blank: 10, duplicates: 18 })
    assert.equal(accepted, 1000 - 95 - 10 - 18)
    assert.ok(result.phones.direct > 900, 'phones are read directly from bytes')
  })

  test('reads with the steps of later files, made once for each of its three files', async () => {
    const steps = contactSteps()
    let made = 0
    let read = 0
    const counted: WarmUpDeps['steps'] = (file) => {
      made += 1
      const built = steps(file)
      const { readPhone } = built.normalise
      const counting: typeof readPhone = (...cell) => {
        read += 1
        return readPhone(...cell)
      }
      return { ...built, normalise: { ...built.normalise, readPhone: counting } }
    }
    await warmUp(depsWith(counted), 600)
    assert.equal(made, 3)
    assert.ok(read > 500, `${read} phones of 600 rows`)
  })

  test('does with each chunk what a plan does with it, as if each of its files had another list', async () => {
    let rows = 0
    const lists = new Set<string>()
    const use: WarmUpDeps['use'] = (chunk, columns) => {
      rows += chunk.lines.length
      lists.add(columns.join())
    }
    await warmUp({ ...depsWith(contactSteps()), use }, 600)
    assert.ok(rows > 500, `${rows} accepted rows of 600`)
    assert.deepEqual(
      [...lists],
      [0, 1, 2].map((file) => `contactId,name,phone,email,city,file ${file}`),
    )
  })

  test('passes the chunks of each of its three files to a separate upload', async () => {
    const rows: number[] = []
    const inUpload: WarmUpDeps['inUpload'] = async (read) => {
      let stored = 0
      await read(async (chunk) => {
        stored += chunk.lines.length
      })
      rows.push(stored)
    }
    await warmUp({ ...depsWith(contactSteps()), inUpload }, 600)
    assert.equal(rows.length, 3)
    assert.ok(
      rows.every((stored) => stored > 150),
      rows.join(),
    )
  })
})
