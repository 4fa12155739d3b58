import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Worker } from 'node:worker_threads'

import { createPdfInspection } from '../../../src/inspection/guest-files/pdf.ts'
import { systemClock } from '../../../src/lib/clock.ts'

const PDF = Buffer.from(
  [
    '%PDF-1.4',
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj',
    'trailer<</Root 1 0 R/Size 4>>',
    '%%EOF',
  ].join('\n'),
)

/**
 * The thread ended by itself while no file was being read. The next PDF was sent to the ended
 * thread, got no answer, and was refused for good after 15 s.
 */
test('a PDF gets a new thread if the last one ended between two files', async (t) => {
  const inspection = createPdfInspection({ clock: systemClock })
  t.after(inspection.close)
  const started = once(process, 'worker')
  assert.equal(await inspection.fault(PDF), null)
  const [thread] = (await started) as [Worker]
  await thread.terminate()
  assert.equal(await inspection.fault(PDF), null)
})
