import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createControlUpload } from '../../../../src/workflows/uploads/control/control-upload.ts'
import { caller, problem, setUpReceiving } from '../../../support/stages/receive-stage.ts'

describe('controlling an upload', () => {
  it('moves it, or says 404 or 409', async () => {
    const t = setUpReceiving()
    await t.receive(t.request('a\n'))
    const [uploadId] = [...t.uploads.staged.keys()]
    let wakes = 0
    const control = createControlUpload({
      uploads: t.uploads,
      ids: t.ids,
      emit: (name) => void t.events.push(name),
      wake: () => {
        wakes += 1
      },
    })
    const action = 'cancel' as const
    await assert.rejects(control({ caller, uploadId: 'upl_x', action }), problem('not-found'))
    assert.equal((await control({ caller, uploadId: uploadId!, action })).state, 'cancelled')
    await assert.rejects(
      control({ caller, uploadId: uploadId!, action }),
      problem('state-conflict'),
    )
    assert.equal(wakes, 1)
    assert.equal(t.events.filter((name) => name === 'upload.finished').length, 1)
  })
})
