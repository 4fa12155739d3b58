import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import type { ContactReadPort } from '../../../src/workflows/ports/uploads/reconciliation.ts'
import {
  createMemoryNewLists,
  createMemoryPace,
  createSkippingClock,
  createTeller,
  type SkippingClock,
} from '../../genesys/harness.ts'
import { asFile, type makeChunk } from '../memory/made-uploads.ts'
import { createMemoryDelivery } from '../memory/memory-delivery.ts'
import { createMemoryGenesys } from '../memory/memory-genesys.ts'
import { deliveryOver } from './delivery-run.ts'

export const SANDBOX_LIST = 'list-1'
const LONGEST_SLEEP_MS = 600_000

type World = {
  clock: SkippingClock
  sandbox: SandboxHandle
  client: ReturnType<typeof createGenesysClient> & { contactReads: ContactReadPort }
  close(): Promise<void>
}

/**
 * The sandbox and a client that calls it over real HTTP. No wait of Genesys or of the delivery
 * takes time.
 */
export const startWorld = async (): Promise<World> => {
  const clock = createSkippingClock(LONGEST_SLEEP_MS)
  const limits = { guideRequestsPerMinute: 600_000, platformRequestsPerMinute: 600_000 }
  const about = { clientId: 'c', clientSecret: 's', clock, limits, tokenLifetimeSeconds: 864_000 }
  const columns = ['id', 'note'].map((name) => ({ name, kind: 'text' as const, required: false }))
  const lists = [{ id: SANDBOX_LIST, name: 'One', columns }]
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, lists, ...about })
  const client = createGenesysClient({
    dialect: 'platform',
    apiUrl: sandbox.url,
    loginUrl: sandbox.url,
    requestsPerMinute: 600_000,
    batchRows: null,
    pace: createMemoryPace(systemClock),
    newLists: createMemoryNewLists(),
    random: () => 0.5,
    emit: createTeller().emit,
    ...about,
    // The pacer's waits must not move the time of the other parts.
    clock: systemClock,
  })
  const close = async (): Promise<void> => {
    await client.close()
    await sandbox.close()
  }
  return { clock, sandbox, client: { ...client, contactReads: client.contactReads! }, close }
}

/** Delivers an upload from memory to the sandbox (platform), without lane and pace. */
export const deliverToSandbox = async (
  world: World,
  chunks: ReturnType<typeof makeChunk>[],
  upload: Partial<Upload> = {},
) => {
  const { client, clock } = world
  const context = {
    tenantId: 'default',
    class: 'read' as const,
    signal: new AbortController().signal,
    retryForMs: 60_000,
  }
  const list = await client.contactLists.readContactList(SANDBOX_LIST, context)
  const store = createMemoryDelivery(chunks, {
    ...asFile(chunks),
    schemaVersion: list.schemaVersion,
    ...upload,
  })
  const events: { name: string; fields: object }[] = []
  const { run } = deliveryOver(
    { store, genesys: createMemoryGenesys(), clock },
    {
      contactLists: client.contactLists,
      contactFiles: client.contactFiles,
      contactReads: client.contactReads,
      clearContactList: client.provisioning.clearContactList,
      emit: (name, fields) => void events.push({ name, fields }),
    },
  )
  const never = new AbortController().signal
  const lease = { signal: never, rest: never, assertHeld: () => undefined as void }
  return {
    store,
    events,
    run: () => run(lease),
    /** Resumes a held upload, as the sweeper does. */
    goOn: () => {
      store.upload = { ...store.upload, state: 'delivering', hold: null, problem: null }
    },
  }
}

/**
 * From now on, another application adds a contact to the sandbox's list before each of the
 * gateway's readings of the list, at most `most` contacts. Returns the ids of these contacts.
 */
export const keepGrowing = (
  { client: { contactLists } }: World,
  most: number,
): readonly string[] => {
  const added: string[] = []
  const { readContactList } = contactLists
  Object.assign(contactLists, {
    readContactList: async (...args: Parameters<typeof readContactList>) => {
      const list = await readContactList(...args)
      if (added.length >= most) return list
      const id = `theirs-${added.length}`
      added.push(id)
      const batch = { listId: SANDBOX_LIST, requestId: id, columns: list.columns }
      await contactLists.sendBatch({ ...batch, contactIds: [id], cells: [id, 'x'] }, args[1])
      return readContactList(...args)
    },
  })
  return added
}
