import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createInspection } from '../../../src/inspection/guest-files/inspect-file.ts'
import { systemClock } from '../../../src/lib/clock.ts'

/**
 * The objects of a PDF were checked in the thread that answers requests. So a file that takes
 * minutes made every caller wait for minutes. They are now checked in the thread that the time
 * limit ends.
 */
test('the time limit also ends the check of the objects of a PDF', async (t) => {
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  const { inspectFile, close } = createInspection({ clock, atOnce: 1 })
  t.after(close)
  const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n%%EOF')
  const named = { fileName: 'a.pdf', extension: 'pdf' as const }
  const fault = await inspectFile(named, pdf.length, (room) => {
    pdf.copy(room)
    return Promise.resolve()
  })
  assert.match(fault?.detail ?? '', /takes too long/u)
})
