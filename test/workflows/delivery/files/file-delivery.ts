import type { Upload } from '../../../../src/domain/uploads/upload.ts'
import type { makeChunk } from '../../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../../support/memory/memory-delivery.ts'
import { createMemoryGenesys, type MemoryGenesys } from '../../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../../support/stages/test-clock.ts'

const COLUMNS: Upload['columns'] = [{ name: 'id', kind: 'contactId', mappedTo: 'id' }]

/** Delivers an upload as files or by callback to a Genesys in memory. */
export const setUp = (options: {
  chunks: ReturnType<typeof makeChunk>[]
  upload?: Partial<Upload>
  method?: 'file' | 'callback'
  duplicateCheckField?: string
  fileBytes?: number
}) => {
  const { chunks, method = 'file', duplicateCheckField = null } = options
  const batches = { total: chunks.length, delivered: 0, failed: 0 }
  const store = createMemoryDelivery(chunks, {
    columns: COLUMNS,
    delivery: { method, batches, duplicateCheckField },
    ...options.upload,
  })
  const genesys = createMemoryGenesys({ jobs: true, fileBytes: options.fileBytes ?? 10_000_000 })
  const clock = createLeapingClock()
  const rest = new AbortController()
  const never = new AbortController()
  const { run } = deliveryOver(
    { store, genesys, clock },
    { callbackUrl: (partId, listId) => `https://gw.example/cb?token=${partId}.${listId}` },
  )
  const lease = {
    signal: never.signal,
    rest: rest.signal,
    assertHeld: () => undefined as void,
    nudges: { take: () => false, next: () => never.signal },
  }
  return { store, genesys, rest, run: () => run(lease) }
}

export const idsOf = (file: MemoryGenesys['files'][number]): string[] =>
  file.records.map(([id]) => id ?? '')
