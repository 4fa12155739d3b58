import {
  GenesysFailure,
  type GenesysRowError,
} from '../../../src/domain/genesys/genesys-failure.ts'
import { hasBit } from '../../../src/lib/bitmap.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createBisectBudgets } from '../../../src/workflows/delivery/bisect-budget.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import { createDeliverTogether } from '../../../src/workflows/delivery/shipments/deliver-together.ts'
import { RowsWithheld, type WithheldRow } from '../../../src/workflows/ports/delivery/tries.ts'
import { createLife, Killed, mortal } from '../gateway/kill-points.ts'
import { createMemoryGenesys, type MemoryGenesys, rowError } from '../memory/memory-genesys.ts'
import { ids } from './store-uploads.ts'
import { createLeapingClock } from './test-clock.ts'

export type ShipmentLaneOptions = {
  /** Contacts that Genesys refuses. */
  refused?: ReadonlySet<string>
  /**
   * How Genesys refuses them. `unnamed`: refuses the request without naming rows. `named`: refuses
   * the request and names the rows. `job`: the job names the rows. Default: `unnamed`.
   */
  refusal?: 'unnamed' | 'named' | 'job'
  /** Contacts whose rows may no longer be sent when a try is recorded. */
  withheld?: ReadonlySet<string>
  jobs?: boolean
  /** The most rows of one request. */
  batchRows?: number
  /** How long ago the list was read when the work on the lane begins. Default: just now. */
  readAgoMs?: number
}

/**
 * A separate list, a Genesys in memory, and a lane. The lane is worked on until nothing waits, or
 * until the process is killed.
 */
export type ShipmentLane = {
  genesys: MemoryGenesys
  work(killAfter: number | null): Promise<void>
}

const WRITTEN = [
  'ship',
  'settleShipment',
  'dissolve',
  'intend',
  'recordTry',
  'noteRefusedTry',
  'noteJob',
  'noteJobEnd',
  'settle',
  'finish',
  'split',
] as const

/**
 * The store's delivery. It also withholds rows, as a check of them in the recording transaction
 * would.
 */
const withholding = (store: Store, withheld: ReadonlySet<string>): Store['delivery'] => {
  const check = async (
    batches: readonly { uploadId: string; batchId: string; fromRow: number; sent: Buffer }[],
  ): Promise<void> => {
    const rows: WithheldRow[] = []
    for (const { uploadId, batchId, fromRow, sent } of batches) {
      const { contactIds } = await store.uploads.readChunk(uploadId, 0)
      for (const [row, contactId] of contactIds.entries()) {
        if (row < fromRow || row >= fromRow + sent.length * 8) continue
        if (!hasBit(sent, row - fromRow) || !withheld.has(contactId)) continue
        rows.push({
          batchId,
          row,
          verdict: { outcome: 'unprocessed', code: 'superseded', column: null },
        })
      }
    }
    if (rows.length > 0) throw new RowsWithheld(rows)
  }
  return {
    ...store.delivery,
    ship: async (claim, shipment) => {
      await check(
        shipment.uploads.map(({ upload, ...batch }) => ({
          uploadId: upload.id,
          fromRow: 0,
          ...batch,
        })),
      )
      await store.delivery.ship(claim, shipment)
    },
    recordTry: async (claim, requestId) => {
      const { rows } = await store.sql.executeSql(
        'select upload_id as "uploadId", id as "batchId", from_row as "fromRow", sent from batch where shipment_id = $1',
        [requestId],
      )
      await check(rows as Parameters<typeof check>[0])
      await store.delivery.recordTry(claim, requestId)
    },
  }
}

export const createShipmentLane = (
  store: Store,
  list: string,
  {
    refused = new Set(),
    refusal = 'unnamed',
    withheld = new Set(),
    jobs = false,
    batchRows = 1_000,
    readAgoMs = 0,
  }: ShipmentLaneOptions = {},
): ShipmentLane => {
  const genesys = createMemoryGenesys({ jobs, batchRows })
  genesys.list = {
    ...genesys.list,
    id: list,
    schemaVersion: '1',
    columns: [{ name: 'phone', kind: 'phone', required: false }],
  }
  const badOf = (contactIds: readonly string[]): GenesysRowError[] =>
    contactIds.flatMap((id, index) => (refused.has(id) ? [rowError(index)] : []))
  genesys.onSend = ({ contactIds }) => {
    const bad = badOf(contactIds)
    if (bad.length === 0 || (refusal === 'job' && jobs)) return
    const rowErrors = refusal === 'unnamed' ? [] : bad
    throw new GenesysFailure('rows_refused', 'send-batch', { rowErrors })
  }
  // A refused request makes no job. So where jobs refuse, the n-th job belongs to the n-th request.
  genesys.onJob = (job, jobId) => {
    const errors =
      refusal === 'job' ? badOf(genesys.sent[Number(jobId.slice(4)) - 1]!.contactIds) : []
    return { ...job, failed: errors.length, errors }
  }
  const budgetOf = createBisectBudgets(createLeapingClock())
  const never = new AbortController().signal
  const lease = { signal: never, rest: never, assertHeld: () => undefined }
  const work = async (killAfter: number | null): Promise<void> => {
    const life = createLife(killAfter ?? Number.POSITIVE_INFINITY)
    const delivery = mortal(withholding(store, withheld), WRITTEN, life)
    const deps = {
      contactLists: mortal(genesys, ['sendBatch', 'readJob'], life),
      contactFiles: genesys.contactFiles,
      clearContactList: null,
      contactReads: null,
      callbackUrl: null,
      delivery,
      uploads: store.uploads,
      suppressions: store.suppressions,
      lists: store.lists,
      contentHashes: createContentHashes(store.digestKey),
      clock: createLeapingClock(),
      random: () => 0.5,
      ids,
      emit: () => undefined,
      retryWindowMs: 3_600_000,
      completionPollMs: 1_000,
      holdRetryMs: 60_000,
      concurrency: 1,
      budgetOf,
    }
    const deliverAlone = createDeliverUpload(deps)
    const deliver = createDeliverTogether({ ...deps, shipments: delivery, deliverAlone })
    await store.lists.put(genesys.list)
    await store.sql.executeSql(
      `update list_cache set read_at = read_at - make_interval(secs => $2::float8 / 1000) where list_id = $1`,
      [list, readAgoMs],
    )
    await store.sql.executeSql('update lane set lease_until = null, owner = null')
    await store.sql.executeSql(`update lane set ready_at = 'infinity' where key <> $1`, [
      `contact_list:${list}`,
    ])
    await store.sql.executeSql(`update lane set ready_at = '2020-01-01' where key = $1`, [
      `contact_list:${list}`,
    ])
    const claim = await store.lanes.claim('me')
    if (claim?.key !== `contact_list:${list}`) return
    try {
      for (let round = 0; round < 200; round += 1) {
        const next = await store.delivery.next(claim)
        if (next === null) return
        await deliver(claim, next, lease)
      }
      throw new Error('the lane does not come to its end')
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }
  return { genesys, work }
}
