import {
  type UploadOptions,
  uploadOptionsSchema,
} from '../../../src/domain/uploads/upload-options.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { renderUpload } from '../../../src/http/routes/uploads/upload-view.ts'
import { runIntake } from '../../../src/intake/run-intake.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import {
  createContentHashes,
  createTextContentHashes,
} from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import { FenceLost } from '../../../src/workflows/ports/delivery/delivery.ts'
import type { ContactReadPort } from '../../../src/workflows/ports/uploads/reconciliation.ts'
import type { Doorway } from '../../../src/workflows/ports/uploads/small-uploads.ts'
import { createApplyUpload } from '../../../src/workflows/uploads/control/apply-upload.ts'
import { createControlUpload } from '../../../src/workflows/uploads/control/control-upload.ts'
import type { RetryOutcome } from '../../../src/workflows/uploads/control/retry-rows.ts'
import { createRetryUpload } from '../../../src/workflows/uploads/control/retry-upload.ts'
import { createReceiveUpload } from '../../../src/workflows/uploads/receive/receive-upload.ts'
import { createMemoryGenesys } from '../memory/memory-genesys.ts'
import { contactSteps } from '../stages/steps.ts'
import { ids } from '../stages/store-uploads.ts'
import { createLeapingClock } from '../stages/test-clock.ts'

export const CALLER = {
  tenantId: 'default',
  keyId: 'key_1',
  scopes: ['uploads', 'uploads:overwrite'] as ('uploads' | 'uploads:overwrite')[],
  requestId: 'req_1',
}

/** Simulates a process that dies immediately. Its work stays as it is at that moment. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

export type Row = { id: string; note: string }

/** `rejected`: how many rows have no phone. */
const fileOf = (rows: readonly Row[], rejected: number): string =>
  [
    'contactId,note,phone',
    ...rows.map(({ id, note }) => `${id},${note},+12125550123`),
    ...Array.from({ length: rejected }, (_, index) => `bad-${index},x,`),
  ].join('\n')

/**
 * All parts between a caller and a Genesys in memory, on a real store. The lanes work only when the
 * test says so.
 */
export const createWorkingGateway = (
  store: Store,
  listId: string,
  about: {
    jobs?: boolean
    fileBytes?: number
    contactReads?: ContactReadPort
    consentCountries?: ReadonlySet<string>
  } = {},
) => {
  const { consentCountries = new Set<string>() } = about
  const genesys = createMemoryGenesys({ batchRows: 3, ...about })
  genesys.list = {
    ...genesys.list,
    id: listId,
    columns: [
      { name: 'contactId', kind: 'text', required: true },
      { name: 'note', kind: 'text', required: false },
      { name: 'phone', kind: 'phone', required: false },
    ],
  }
  const clock = createLeapingClock()
  const events: { name: string; fields: object }[] = []
  const emit = (name: string, fields: object): void => void events.push({ name, fields })
  const wake = (): void => undefined
  const { lists, uploads, suppressions } = store
  const common = { contactLists: genesys, lists, uploads, suppressions, ids, wake }
  const staging = {
    ...common,
    settings: store.listSettings,
    idempotency: store.idempotency,
    renderUpload,
    fileThresholdRows: 50_000,
    callbacks: false,
    clock: systemClock,
    emit,
    owner: 'me',
  }
  const contentHashes = createContentHashes(store.digestKey)
  const receive = createReceiveUpload({
    ...staging,
    smallUploads: store.smallUploads,
    runIntake,
    register: store.delivery,
    contentHashes: createTextContentHashes(store.digestKey),
    extendList: { check: () => undefined, extend: async (_request, list) => list },
    intake: {
      maxBytes: 10_000_000,
      maxRows: 100_000,
      maxRecordBytes: 10_000,
      digestKey: store.digestKey,
    },
  })
  const deliver = createDeliverUpload({
    contactLists: genesys,
    contactFiles: genesys.contactFiles,
    clearContactList: async () => genesys.contacts.clear(),
    contactReads: about.contactReads ?? null,
    callbackUrl: null,
    delivery: store.delivery,
    uploads: store.uploads,
    suppressions: store.suppressions,
    lists: store.lists,
    contentHashes,
    clock,
    random: () => 0.5,
    ids,
    emit,
    retryWindowMs: 3_600_000,
    completionPollMs: 1_000,
    holdRetryMs: 60_000,
    concurrency: 1,
  })
  const retry = createRetryUpload({
    ...staging,
    delivery: store.delivery,
    digestKey: store.digestKey,
  })
  const never = new AbortController().signal
  const lease = { signal: never, rest: never, assertHeld: () => undefined }
  const find = async (id: string): Promise<Upload> => {
    const upload = await store.uploads.find('default', id)
    if (upload === null) throw new Error(`no upload ${id}`)
    return upload
  }
  const request = (
    file: string,
    options: Partial<UploadOptions>,
    about: { validateOnly?: boolean; doorway?: Doorway } = {},
  ) =>
    receive({
      ...(about.doorway === undefined ? {} : { doorway: about.doorway }),
      caller: CALLER,
      contactListId: listId,
      options: uploadOptionsSchema.parse(options),
      format: 'csv',
      fileName: null,
      steps: contactSteps({
        contactIdPattern: /^[A-Za-z0-9-]+$/,
        consentCountries,
        now: () => systemClock.now(),
      }),
      idempotencyKey: about.validateOnly ? null : ids.newUuid(),
      method: 'POST',
      path: '/x',
      validateOnly: about.validateOnly ?? false,
      body: (async function* () {
        yield Buffer.from(file)
      })(),
    })

  return {
    genesys,
    events,
    find,
    upload: async (
      rows: readonly Row[],
      options: Partial<UploadOptions> = {},
      about: { rejected?: number } = {},
    ): Promise<Upload> => {
      const { location } = await request(fileOf(rows, about.rejected ?? 0), options)
      return find(location!.split('/').at(-1)!)
    },
    /** Uploads contacts, each with its own number. */
    uploadContacts: async (
      contacts: readonly { id: string; phone: string }[],
      options: Partial<UploadOptions> = {},
    ): Promise<Upload> => {
      const lines = contacts.map(({ id, phone }) => `${id},n,${phone}`)
      const { location } = await request(['contactId,note,phone', ...lines].join('\n'), options)
      return find(location!.split('/').at(-1)!)
    },
    /** Uploads a file as it is. */
    uploadFile: async (file: string, options: Partial<UploadOptions> = {}): Promise<Upload> => {
      const { location } = await request(file, options)
      return find(location!.split('/').at(-1)!)
    },
    /**
     * Uploads a small file. First reads everything that decides about it together, as the HTTP
     * border does.
     */
    uploadSmall: async (file: string, options: Partial<UploadOptions> = {}): Promise<Upload> => {
      const call = { listId, method: 'POST', path: '/x', idempotencyKey: null }
      const doorway = await store.smallUploads.read({ keyDigest: Buffer.alloc(32), ...call })
      const { location } = await request(file, options, { doorway })
      return find(location!.split('/').at(-1)!)
    },
    /** Ends the wait of a held upload. */
    resumeHeld: async (uploadId: string): Promise<void> => {
      await store.sql.executeSql('update upload set retry_at = clock_timestamp() where id = $1', [
        uploadId,
      ])
      await store.lanes.wakeHeld()
    },
    validate: async (rows: readonly Row[], options: Partial<UploadOptions> = {}) =>
      JSON.parse((await request(fileOf(rows, 0), options, { validateOnly: true })).body),
    control: createControlUpload({ uploads: store.uploads, ids, emit, wake }),
    apply: createApplyUpload(common),
    retry: (uploadId: string, outcomes?: RetryOutcome[], idempotencyKey = ids.newUuid()) =>
      retry({
        caller: CALLER,
        uploadId,
        outcomes: outcomes ?? ['failed', 'unprocessed'],
        idempotencyKey,
        method: 'POST',
        path: `/v1/uploads/${uploadId}/retry`,
      }),
    /**
     * Works on the list's lane until it has nothing left to do. A crash leaves the lane to the next
     * call.
     */
    work: async (): Promise<void> => {
      // A claim takes any lane that is ready, so all others are made to wait.
      await store.sql.executeSql(
        `update lane set lease_until = null, owner = null,
          ready_at = case when key = $1 then clock_timestamp() else 'infinity' end`,
        [`contact-list:${listId}`],
      )
      const claim = await store.lanes.claim('me')
      if (claim === null) return
      let last = ''
      for (;;) {
        const upload = await store.delivery.next(claim)
        if (upload === null) break
        const now = `${upload.id} ${upload.version}`
        if (now === last) throw new Error(`upload ${upload.id} does not move`)
        last = now
        try {
          await deliver(claim, upload, lease)
        } catch (error) {
          if (error instanceof Crash || error instanceof FenceLost) return
          throw error
        }
      }
      await store.lanes.release(claim, 0)
    },
  }
}

export type WorkingGateway = ReturnType<typeof createWorkingGateway>
