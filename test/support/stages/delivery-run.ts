import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import { type makeChunk } from '../memory/made-uploads.ts'
import { createMemoryDelivery } from '../memory/memory-delivery.ts'
import { createMemoryGenesys } from '../memory/memory-genesys.ts'
import { createMemoryLists } from '../memory/memory-lists.ts'
import { noSuppressions } from '../memory/no-suppressions.ts'
import { createLeapingClock } from './test-clock.ts'

export const names = (count: number, prefix = 'c'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

type DeliverDeps = Parameters<typeof createDeliverUpload>[0]
type Deliver = ReturnType<typeof createDeliverUpload>
type Lease = Parameters<Deliver>[2]

const CLAIM = { key: 'contact_list:list-1', owner: 'me', fence: '1', leaseMs: 10_000 }

/**
 * Delivers the store's upload to a Genesys in memory, in a separate lane. `changes`: dependencies
 * that differ from the usual ones.
 */
export const deliveryOver = (
  parts: {
    store: ReturnType<typeof createMemoryDelivery>
    genesys: ReturnType<typeof createMemoryGenesys>
    clock: DeliverDeps['clock']
  },
  changes: Partial<DeliverDeps> = {},
) => {
  const { store, genesys, clock } = parts
  const deliver = createDeliverUpload({
    contactLists: genesys,
    contactFiles: genesys.contactFiles,
    clearContactList: null,
    contactReads: null,
    callbackUrl: null,
    delivery: store,
    uploads: store,
    suppressions: noSuppressions,
    lists: createMemoryLists(),
    contentHashes: createContentHashes(Buffer.alloc(32)),
    clock,
    random: () => 0.5,
    ids: createIds({ clock }),
    emit: () => undefined,
    retryWindowMs: 24 * 3_600_000,
    completionPollMs: 1_000,
    holdRetryMs: 60_000,
    ...changes,
  })
  return { claim: CLAIM, run: (lease: Lease) => deliver(CLAIM, store.upload, lease) }
}

/**
 * A run of the delivery over a store and a Genesys in memory, with a clock that skips every wait.
 */
export const setUp = (options: {
  chunks: ReturnType<typeof makeChunk>[]
  upload?: Partial<Upload>
  jobs?: boolean
  batchRows?: number
}) => {
  const store = createMemoryDelivery(options.chunks, options.upload)
  const genesys = createMemoryGenesys(options)
  const clock = createLeapingClock()
  const rest = new AbortController()
  const lost = new AbortController()
  const events: string[] = []
  const emit: DeliverDeps['emit'] = (name) => void events.push(name)
  const { run } = deliveryOver({ store, genesys, clock }, { emit })
  const lease = { signal: lost.signal, rest: rest.signal, assertHeld: () => undefined as void }
  return {
    store,
    genesys,
    clock,
    rest,
    lost,
    events,
    lease,
    run: () => run(lease),
  }
}

/** How many of the accepted rows got each outcome. */
export const rowsOf = ({ counts: { delivered, unchanged, failed, unprocessed } }: Upload) => ({
  delivered,
  unchanged,
  failed,
  unprocessed,
})
