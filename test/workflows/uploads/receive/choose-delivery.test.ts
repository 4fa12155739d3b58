import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ContactList } from '../../../../src/domain/contact-lists/contact-list.ts'
import { queueOfFile } from '../../../../src/domain/contact-lists/queue-options.ts'
import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../../src/domain/uploads/upload-options.ts'
import { uploadWarnings } from '../../../../src/domain/uploads/upload-warnings.ts'
import { ZERO_COUNTS, type UploadColumn } from '../../../../src/domain/uploads/upload.ts'
import type { UploadRequest } from '../../../../src/workflows/contract.ts'
import {
  checkDelivery,
  checkListTakes,
  chooseDelivery,
} from '../../../../src/workflows/uploads/receive/choose-delivery.ts'
import { checkOverwrite } from '../../../../src/workflows/uploads/receive/confirm-overwrite.ts'
import { makeUpload } from '../../../support/memory/made-uploads.ts'
import { createMemoryGenesys } from '../../../support/memory/memory-genesys.ts'

const options = (given: Record<string, unknown> = {}) => uploadOptionsSchema.parse(given)
const depsOf = (dialect: 'guide' | 'platform', callbacks = true) => ({
  contactLists: createMemoryGenesys({ jobs: dialect === 'guide' }),
  fileThresholdRows: 50_000,
  callbacks,
})
const listOf = (...names: string[]): ContactList => ({
  id: 'l',
  name: 'L',
  status: 'ready',
  schemaVersion: '1',
  columns: names.map((name) => ({ name, kind: 'text', required: false })),
  size: null,
})
const ID: UploadColumn = { name: 'customerId', kind: 'contactId', mappedTo: 'customerId' }
const resultOf = (accepted: number, columns: UploadColumn[] = [ID]) => ({
  columns,
  counts: { ...ZERO_COUNTS, accepted },
})
const refuses = (code: string, work: () => unknown): void => {
  assert.throws(work, (error) => error instanceof GatewayProblem && error.code === code)
}

describe('how rows go to Genesys', () => {
  it('is decided by their number in the guide dialect, unless the caller says it', () => {
    const list = listOf('customerId', 'phone')
    const method = (dialect: 'guide' | 'platform', accepted: number, given = {}) =>
      chooseDelivery(depsOf(dialect), options(given), list, resultOf(accepted)).method
    assert.equal(method('guide', 50_000), 'batches')
    assert.equal(method('guide', 50_001), 'file')
    assert.equal(method('guide', 50_001, { delivery: 'batches' }), 'batches')
    assert.equal(method('guide', 1, { delivery: 'file' }), 'file')
    assert.equal(method('platform', 900_000), 'batches')
    assert.equal(method('platform', 1, { delivery: 'file' }), 'file')
  })

  it('carries a word on the queue only where it can get to Genesys', () => {
    const code = 'capability-not-available'
    const check = (dialect: 'guide' | 'platform', given: Record<string, unknown>) =>
      checkDelivery(depsOf(dialect), { options: options(given) })
    for (const name of ['priority', 'doNotQueue', 'clearSystemData']) {
      refuses(code, () => check('guide', { [name]: false }))
      check('platform', { [name]: true })
    }
    refuses(code, () => check('platform', { delivery: 'file', priority: true }))
    refuses(code, () => check('platform', { delivery: 'file', doNotQueue: true }))
    check('platform', { delivery: 'file', doNotQueue: false, clearSystemData: true })
    const queue = { priority: true, doNotQueue: true, clearSystemData: true, byDefault: true }
    const ofFile = { ...queue, priority: false, doNotQueue: false }
    assert.deepEqual(queueOfFile(queue), ofFile)
  })

  it('needs a column of the list for the id, or a large upload goes by batches and a file is refused', () => {
    const list = listOf('phone')
    const result = resultOf(60_000, [{ ...ID, mappedTo: null }])
    assert.equal(chooseDelivery(depsOf('guide'), options(), list, result).method, 'batches')
    const asked = options({ delivery: 'file' })
    const code = 'contact-id-column-not-in-list'
    refuses(code, () => chooseDelivery(depsOf('guide'), asked, list, result))
    refuses(code, () => checkListTakes(depsOf('guide'), { options: asked }, list))
    checkListTakes(depsOf('platform'), { options: asked }, list)
    const mapped = options({
      delivery: 'file',
      contactIdColumn: 'crm',
      mapping: { crm: 'phone' },
    })
    checkListTakes(depsOf('guide'), { options: mapped }, list)
  })

  it('refuses a callback where nobody can call back, or the dialect has none, and options that go with it alone', () => {
    const asked = (given: Record<string, unknown>) => ({ options: options(given) })
    const unavailable = 'capability-not-available'
    refuses(unavailable, () => checkDelivery(depsOf('platform'), asked({ delivery: 'callback' })))
    refuses(unavailable, () =>
      checkDelivery(depsOf('guide', false), asked({ delivery: 'callback' })),
    )
    refuses(unavailable, () =>
      checkDelivery(depsOf('guide'), asked({ delivery: 'callback', mode: 'overwrite' })),
    )
    refuses('option-invalid', () =>
      checkDelivery(depsOf('guide'), asked({ duplicateCheckField: 'phone' })),
    )
    const field = asked({ delivery: 'callback', duplicateCheckField: 'none' })
    refuses('option-invalid', () => checkListTakes(depsOf('guide'), field, listOf('customerId')))
  })

  it('checks duplicates by the id unless told, and warns of a phone', () => {
    const list = listOf('customerId', 'phone')
    const columns: UploadColumn[] = [ID, { name: 'p', kind: 'phone', mappedTo: 'phone' }]
    const choose = (given: Record<string, unknown>) =>
      chooseDelivery(
        depsOf('guide'),
        options({ delivery: 'callback', ...given }),
        list,
        resultOf(1, columns),
      )
    assert.equal(choose({}).duplicateCheckField, 'customerId')
    const byPhone = choose({ duplicateCheckField: 'phone' })
    const upload = makeUpload([], { columns })
    const warned = (delivery: {
      method: 'callback' | 'file' | 'batches'
      duplicateCheckField: string | null
    }) => uploadWarnings({ ...upload, delivery: { ...upload.delivery, ...delivery } })
    assert.deepEqual(warned(choose({})), [])
    assert.deepEqual(
      warned(byPhone).map(({ code }) => code),
      ['duplicate-check-by-phone'],
    )
  })
})

describe('overwriting', () => {
  const request = (given: Record<string, unknown>, scopes = ['uploads', 'uploads:overwrite']) =>
    ({
      caller: { tenantId: 't', keyId: 'k', requestId: 'r', scopes },
      contactListId: 'list-1',
      options: options(given),
    }) as unknown as UploadRequest

  it('needs its scope first, then a confirmation, then the right one', () => {
    const mode = 'overwrite'
    refuses('scope-missing', () => checkOverwrite(request({ mode }, ['uploads'])))
    refuses('overwrite-not-confirmed', () => checkOverwrite(request({ mode })))
    refuses('overwrite-confirmation-differs', () =>
      checkOverwrite(request({ mode, confirmOverwrite: 'list-2' })),
    )
    checkOverwrite(request({ mode, confirmOverwrite: 'list-1' }))
    checkOverwrite(request({ mode, confirmOverwrite: 'list-1' }, ['admin']))
    refuses('option-invalid', () => checkOverwrite(request({ confirmOverwrite: 'list-1' })))
  })
})
