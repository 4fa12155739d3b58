import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { smallUpload } from '../../support/databases/small-uploads.ts'

/**
 * Under load, the uploads of a lane wait for each other, so that one statement stages many. But as
 * soon as the uploads of a statement were answered, the lane was forgotten, and its rest with it.
 * The next upload was staged alone and immediately. With 300 uploads a second, a statement carried
 * six uploads instead of fifteen.
 */

const home = serverHome()
after(() => home.close())

const QUIET = Array.from({ length: 8 }, (_, n) => `quiet-${n}`)

test(
  'an upload waits for the rest of its lane, although all before it are answered',
  {
    skip: home.skip,
  },
  async (context) => {
    const rests: PromiseWithResolvers<void>[] = []
    let isOpen = false
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      if (!isOpen) return systemClock.sleep(ms, signal)
      const over = Promise.withResolvers<void>()
      rests.push(over)
      return over.promise
    }
    const store = await openTestStore(await home.fresh(), { clock: { ...systemClock, sleep } })
    context.after(() => store.close())
    isOpen = true
    const stage = (list: string) => store.smallUploads.stage(smallUpload({ list }))

    // Opens the connections that the statements below use at the same time.
    await Promise.all(QUIET.map(stage))

    await stage('busy')
    await Promise.all([stage('busy'), stage('busy'), stage('busy')])
    assert.equal(rests.length, 1, 'the lane rests after a statement with several uploads')

    const order: string[] = []
    const late = stage('busy').then(() => order.push('busy'))
    for (const list of QUIET) {
      await stage(list)
      order.push(list)
    }
    assert.deepEqual(order, QUIET, 'other lanes do not wait, and this one does')
    rests[0]!.resolve()
    await late
    assert.equal(order.at(-1), 'busy')
  },
)
