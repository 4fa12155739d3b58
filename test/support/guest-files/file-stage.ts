import type { GuestFile, GuestFileTarget } from '../../../src/domain/guest-files/guest-file.ts'
import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { renderGuestFile } from '../../../src/http/routes/guest-files/guest-file-view.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createGenesysTime } from '../../../src/workflows/clock/genesys-time.ts'
import { createTimeWitness } from '../../../src/workflows/clock/time-witness.ts'
import {
  createReceiveGuestFile,
  type GuestFileRequest,
} from '../../../src/workflows/guest-files/receive-guest-file.ts'
import { createSendGuestFile } from '../../../src/workflows/guest-files/send-guest-file.ts'
import type { Scanner } from '../../../src/workflows/ports/guest-files/scanner.ts'
import {
  createMemoryNewLists,
  createMemoryPace,
  createSkippingClock,
  createTeller,
} from '../../genesys/harness.ts'
import { mortal, type Life } from '../gateway/kill-points.ts'
import { ids } from '../stages/store-uploads.ts'

const LONGEST_SLEEP_MS = 4 * 3_600_000
const LEASE = { signal: new AbortController().signal, assertHeld: () => undefined }

export type FileDialect = 'guide' | 'platform'

export const contactTarget = (externalContactId: string): GuestFileTarget => ({
  kind: 'external_contact',
  externalContactId,
})

/** The person or conversation that a file of the stage is for. Tests can name another one. */
export const USUAL_TARGETS: Record<FileDialect, GuestFileTarget> = {
  guide: contactTarget('demo-guest'),
  platform: {
    kind: 'conversation',
    conversationId: 'demo-conversation',
    communicationId: 'demo-communication',
  },
}

/**
 * Guest files on a real store, sent to the sandbox over real HTTP. Waits of Genesys and of the
 * worker take no time, and a test runs the worker.
 */
export const createFileStage = async (
  store: Store,
  { dialect = 'guide', scanner = null }: { dialect?: FileDialect; scanner?: Scanner | null } = {},
) => {
  const clock = createSkippingClock(LONGEST_SLEEP_MS)
  let jumpedMs = 0
  const witness = createTimeWitness({ clock })
  const ownClock = { ...clock, now: () => new Date(clock.now().getTime() + jumpedMs) }
  const genesysTime = createGenesysTime({ witness, clock: ownClock })
  const limits = { guideRequestsPerMinute: 600_000, platformRequestsPerMinute: 600_000 }
  const about = { clientId: 'c', clientSecret: 's', limits, tokenLifetimeSeconds: 864_000 }
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, clock, ...about })
  const { emit, told } = createTeller()
  const client = createGenesysClient({
    ...about,
    dialect,
    apiUrl: sandbox.url,
    loginUrl: sandbox.url,
    requestsPerMinute: 600_000,
    batchRows: null,
    pace: createMemoryPace(clock),
    newLists: createMemoryNewLists(),
    random: () => 0.5,
    heardTime: () => witness.hear(clock.now().getTime()),
    emit,
    clock,
  })
  const receive = createReceiveGuestFile({
    files: store.guestFiles,
    access: store.access,
    idempotency: store.idempotency,
    inspectFile: async () => null,
    takes: client.guestFiles.takes,
    scans: scanner !== null,
    maxBytes: 10_485_760,
    renderGuestFile,
    clock: systemClock,
    emit,
    owner: 'me',
    wake: () => undefined,
    ids,
  })
  let calls = 0
  const send = async (
    content: Buffer | string,
    change: Partial<Pick<GuestFileRequest, 'target' | 'fileName' | 'idempotencyKey'>> = {},
  ): Promise<string> => {
    const { body } = await receive({
      caller: { tenantId: 'default', keyId: 'key_1', scopes: ['files'], requestId: 'req_1' },
      target: USUAL_TARGETS[dialect],
      fileName: 'notes.txt',
      blockSuspicious: false,
      idempotencyKey: `key-${(calls += 1)}`,
      method: 'POST',
      path: '/v1/external-contacts/x/files',
      body: (async function* () {
        yield Buffer.from(content)
      })(),
      ...change,
    })
    return (JSON.parse(body) as { id: string }).id
  }

  /**
   * Works once on the file that is due. `life`: the worker may be killed before and after each
   * effect. null: no file was due.
   */
  const workOnce = async (life?: Life): Promise<{ nextMs: number | null } | null> => {
    const claimed = await store.guestFiles.claim('worker')
    if (claimed === null) return null
    const alive = <T extends object>(target: T, methods: readonly (keyof T & string)[]): T =>
      life === undefined ? target : mortal(target, methods, life)
    const work = createSendGuestFile({
      files: alive(store.guestFiles, ['step']),
      genesys: alive(client.guestFiles, ['register', 'put', 'judge', 'confirm', 'read']),
      scanner,
      clock: genesysTime,
      ids,
      emit,
      holdRetryMs: 15_000,
    })
    const nextMs = await work(claimed, LEASE)
    clock.skip(nextMs ?? 0)
    // The database's clock does not skip ahead, so a file that is to be checked later is made due
    // immediately.
    await store.guestFiles.release(claimed.claim, nextMs === null ? null : 0)
    return { nextMs }
  }

  return {
    clock,
    /** Makes the worker's clock jump, which Genesys' clock does not. */
    jump: (ms: number) => void (jumpedMs += ms),
    sandbox,
    told,
    send,
    workOnce,
    setFaults: (plan: FaultPlan) => sandbox.setFaults(plan),
    find: async (id: string): Promise<GuestFile> => (await store.guestFiles.find('default', id))!,
    /** Works until no file is due, at most `times` times. */
    work: async (times = 200): Promise<void> => {
      for (let at = 0; at < times; at += 1) if ((await workOnce()) === null) return
    },
    /** Ends the leases, as if a worker had died. */
    freeLeases: () => store.guestFiles.freeAll(),
    close: async (): Promise<void> => {
      await client.close()
      await sandbox.close()
    },
  }
}

export type FileStage = Awaited<ReturnType<typeof createFileStage>>
