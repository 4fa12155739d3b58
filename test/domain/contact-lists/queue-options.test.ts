import assert from 'node:assert/strict'
import { test } from 'node:test'

import { chooseQueue, queueOfFile } from '../../../src/domain/contact-lists/queue-options.ts'
import { queueWarnings } from '../../../src/domain/uploads/upload-warnings.ts'

test("the upload's own word goes before the list's, and that before the safe one", () => {
  const safe = { priority: false, doNotQueue: true, clearSystemData: false }
  assert.deepEqual(chooseQueue({}, {}), { ...safe, byDefault: true })
  const ofList = { doNotQueue: false, priority: true }
  assert.deepEqual(chooseQueue({}, ofList), {
    priority: true,
    doNotQueue: false,
    clearSystemData: false,
    byDefault: false,
  })
  const asked = { doNotQueue: true, clearSystemData: true, priority: undefined }
  assert.deepEqual(chooseQueue(asked, ofList), {
    priority: true,
    doNotQueue: true,
    clearSystemData: true,
    byDefault: false,
  })
})

test('who has decided nothing is told how many known contacts are not dialled again', () => {
  const queue = chooseQueue({}, {})
  const plan = { creates: 1, updates: 3, unchanged: 0, suppressed: 0, notDialledAgain: 3 }
  const told = (...args: Parameters<typeof queueWarnings>) =>
    queueWarnings(...args).map(({ code, rows }) => [code, rows])
  assert.deepEqual(told(queue, 'append', plan), [['known-not-dialled-again', 3]])
  assert.deepEqual(told(queue, 'append', null), [['known-not-dialled-again', undefined]])
  assert.deepEqual(told(queueOfFile(queue), 'append', null), [['file-queues-again', undefined]])
  assert.deepEqual(told(queue, 'append', { ...plan, updates: 0, notDialledAgain: 0 }), [])
  assert.deepEqual(told(queue, 'overwrite', null), [])
  assert.deepEqual(told(chooseQueue({ doNotQueue: true }, {}), 'append', plan), [])
  assert.deepEqual(told(chooseQueue({}, { doNotQueue: false }), 'append', plan), [])
  assert.deepEqual(told(null, 'append', plan), [])
})

test('a file warns that known contacts are queued again, also if the list forbids it, and not if the list wants it', () => {
  const told = (queue: ReturnType<typeof chooseQueue>) =>
    queueWarnings(queueOfFile(queue), 'append', null).map(({ code }) => code)
  assert.deepEqual(told(chooseQueue({}, { doNotQueue: true })), ['file-queues-again'])
  assert.deepEqual(told(chooseQueue({}, { doNotQueue: false })), [])
})
