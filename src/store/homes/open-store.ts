import { randomBytes } from 'node:crypto'

import { sql } from 'kysely'

import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { DatabaseClock } from '../../workflows/ports/clock/database-clock.ts'
import type { DeliveryStore } from '../../workflows/ports/delivery/delivery.ts'
import type { HearNudges } from '../../workflows/ports/delivery/heard-nudges.ts'
import type { LaneStore } from '../../workflows/ports/delivery/lease.ts'
import type { ShipmentStore } from '../../workflows/ports/delivery/shipments.ts'
import type { TryStore } from '../../workflows/ports/delivery/tries.ts'
import type { EndpointStore } from '../../workflows/ports/endpoints/endpoints.ts'
import type { FirstAttempts, SyncStore } from '../../workflows/ports/endpoints/sync.ts'
import type { ErasureStore } from '../../workflows/ports/erasures/erasures.ts'
import type { DncChangeStore } from '../../workflows/ports/genesys-events/dnc-changes.ts'
import type { ReceiptStore } from '../../workflows/ports/genesys-events/webhooks.ts'
import type { GuestFileStore } from '../../workflows/ports/guest-files/guest-files.ts'
import type { Home } from '../../workflows/ports/homes/home.ts'
import type { JobQueue, SqlExecutor } from '../../workflows/ports/jobs/jobs.ts'
import type { DeliveredContacts, SegmentStore } from '../../workflows/ports/segments/segments.ts'
import type { SigningKeys } from '../../workflows/ports/signing/signing-keys.ts'
import type { ExplainStore } from '../../workflows/ports/uploads/explain.ts'
import type { ReconciliationStore } from '../../workflows/ports/uploads/reconciliation.ts'
import type { SmallUploadStore } from '../../workflows/ports/uploads/small-uploads.ts'
import type { IdempotencyStore, UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { type AccessStores, createAccessStores } from '../access/access-stores.ts'
import { type AuditStores, createAuditStores } from '../audit/audit-stores.ts'
import { createDatabaseClock } from '../clock/clock-store.ts'
import { createDeliveryStore } from '../delivery/delivery-store.ts'
import { createLaneStore } from '../delivery/lane-store.ts'
import { createHearNudges } from '../delivery/told-nudges.ts'
import { type DoNotCallStores, openDoNotCall } from '../do-not-call/afterwards/open-do-not-call.ts'
import { NO_RULES, type RegistryRules } from '../do-not-call/registries/registry-hits.ts'
import { createEndpointStore } from '../endpoints/endpoint-store.ts'
import { createOutbox } from '../endpoints/outbox.ts'
import { createSyncStore } from '../endpoints/sync-store.ts'
import { createErasureStore } from '../erasures/erasure-store.ts'
import { createDncChanges } from '../genesys-events/dnc-changes.ts'
import { createReceiptStore } from '../genesys-events/receipt-store.ts'
import { createGuestFileStore } from '../guest-files/guest-file-store.ts'
import { createProofStores, type ProofStores } from '../proof/proof-stores.ts'
import { checkKeysKnown, recordKeyInUse } from '../retention/reseal-store.ts'
import { createUpkeepStores, type UpkeepStores } from '../retention/upkeep-stores.ts'
import { createDeliveredContacts } from '../segments/delivered-contacts.ts'
import { sealSegments } from '../segments/seal-segments.ts'
import { createSegmentStore } from '../segments/segment-store.ts'
import { openSigningKeys } from '../signing/signing-keys.ts'
import { createExplainStore } from '../uploads/explain-store.ts'
import { createIdempotencyStore } from '../uploads/idempotency-store.ts'
import { createReconciliationStore } from '../uploads/reconciliation-store.ts'
import { createReadDoorway } from '../uploads/small/doorway.ts'
import { createStageSmall } from '../uploads/small/stage-small.ts'
import { createOpenFileNames } from '../uploads/source-columns.ts'
import { createUploadStore } from '../uploads/upload-store.ts'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded-home.ts'
import { createHome } from './home.ts'
import { anotherKey, createKeyring, type Keyring } from './keyring.ts'
import { createLoneStores, type LoneStores } from './lone-stores.ts'
import { checkEncoding, migrate } from './migrate.ts'
import { watchMigration } from './migration-watch.ts'
import { sealStored } from './seal-stored.ts'
import { createSeals, type Seals } from './seals.ts'
import { openServer } from './server-home.ts'

export type StoreHome =
  | { kind: 'embedded'; dataDir: string }
  | { kind: 'server'; url: string; poolSize?: number }

export type Store = AccessStores &
  AuditStores &
  DoNotCallStores &
  LoneStores &
  ProofStores & {
    home: Home
    clock: DatabaseClock
    uploads: UploadStore
    smallUploads: SmallUploadStore
    idempotency: IdempotencyStore
    lanes: LaneStore
    hearNudges: HearNudges
    delivery: DeliveryStore & ShipmentStore & TryStore
    signing: SigningKeys
    sync: SyncStore
    receipts: ReceiptStore
    dncChanges: DncChangeStore
    endpoints: EndpointStore
    reconciliations: ReconciliationStore
    explain: ExplainStore
    segments: SegmentStore
    deliveredContacts: DeliveredContacts
    guestFiles: GuestFileStore
    upkeep: UpkeepStores
    erasures: ErasureStore
    /** For the job queue, which uses it outside transactions. */
    sql: SqlExecutor
    /**
     * The key of the digests of ids, phones and emails: 32 random bytes. They are made at the first
     * start and stored sealed.
     */
    digestKey: Buffer
    /**
     * Connects the job queue. From then on, a received webhook gets its job in the transaction that
     * stores its receipt. A message for an endpoint gets its job in the transaction that writes the
     * message, unless `firstAttempts` is given.
     */
    connectJobs(queue: JobQueue, firstAttempts?: FirstAttempts): void
    close(): Promise<void>
  }

const DIGEST_KEY = 'digest-key'

/**
 * Reads the key of the digests. Makes it if there is none. Instances that start together all use
 * the key of the first one.
 */
const readDigestKey = async (database: Database, keyring: Keyring): Promise<Buffer> => {
  const made = keyring.seal(DIGEST_KEY, randomBytes(32))
  await sql`insert into store_secret (name, key_id, sealed)
    values (${DIGEST_KEY}, ${made.keyId}, ${made.sealed}) on conflict do nothing`.execute(
    database.db,
  )
  const { rows } = await sql<{ key_id: string; sealed: Buffer }>`
    select key_id, sealed from store_secret where name = ${DIGEST_KEY}`.execute(database.db)
  const { key_id: keyId, sealed } = rows[0]!
  try {
    return keyring.open(DIGEST_KEY, keyId, sealed)
  } catch (error) {
    // The key is configured, so it is not the key that sealed.
    throw keyring.ids.includes(keyId) ? anotherKey(keyId) : error
  }
}

/**
 * Frees leases, and discards what was being received. Use it only for the embedded home. There, the
 * process lock proves that the previous process is gone.
 */
const freeHeld = async (
  leased: readonly { freeAll(): Promise<unknown> }[],
  receiving: readonly { sweepReceiving(olderThanMs: number): Promise<number> }[],
): Promise<void> => {
  for (const store of leased) await store.freeAll()
  for (const store of receiving) await store.sweepReceiving(0)
}

type Parts = {
  signing: SigningKeys
  keyring: Keyring
  digestKey: Buffer
  seals: Seals
  clock: Clock
  ids: Ids
  emit: Emit
  publicUrl: string
  registryRules: RegistryRules
}

const assemble = async (opened: Database, deps: Parts): Promise<Store> => {
  const { keyring, digestKey, seals } = deps
  const db = opened.db.withPlugin(createOpenFileNames(seals.openFileName))
  const database = { ...opened, db }
  const clock = createDatabaseClock(database)
  // Checked before anything relies on stored times.
  await clock.open()
  const outbox = createOutbox({ ids: deps.ids, publicUrl: deps.publicUrl, keyring })
  const uploads = createUploadStore({ database, keyring, outbox, seals })
  const idempotency = createIdempotencyStore({ database, seals })
  const receipts = createReceiptStore({ database })
  const lanes = createLaneStore({ database })
  const segments = createSegmentStore({ database, outbox, seals })
  const doNotCall = openDoNotCall({ ...deps, database, outbox, uploads })
  const guestFiles = createGuestFileStore({ database, keyring, seals, outbox })
  const upkeep = createUpkeepStores({ ...deps, database, keyring })
  const erasures = createErasureStore({ database, keyring, seals, digestKey })
  if (database.kind === 'embedded') {
    const { dncLane, retractions } = doNotCall
    const leased = [lanes, segments, dncLane, retractions, guestFiles, upkeep, erasures]
    await freeHeld(leased, [uploads, doNotCall.dncSubmissions, guestFiles])
    await idempotency.freeUnfinished()
  }
  return {
    home: createHome({
      database,
      registryRules: deps.registryRules,
      close: () => database.close(),
    }),
    clock,
    uploads,
    smallUploads: {
      read: createReadDoorway({ database, clock: deps.clock, seals }),
      stage: createStageSmall({ database, clock: deps.clock, keyring, seals }),
    },
    idempotency,
    lanes,
    hearNudges: createHearNudges(database, deps.clock),
    delivery: createDeliveryStore({ ...deps, database, outbox }),
    ...createLoneStores({ database, seals }),
    ...createAccessStores({ ...deps, database }),
    ...createAuditStores({ ...deps, database }),
    signing: deps.signing,
    sync: createSyncStore({ database, keyring, outbox, ids: deps.ids, clock: deps.clock }),
    endpoints: createEndpointStore({ database, keyring, outbox }),
    reconciliations: createReconciliationStore({ database, outbox }),
    explain: createExplainStore({ database, readChunk: uploads.readChunk, seals }),
    ...doNotCall,
    ...{ segments, guestFiles, upkeep, erasures },
    ...createProofStores({ ...deps, database, uploads, ...doNotCall }),
    deliveredContacts: createDeliveredContacts({ database, readChunk: uploads.readChunk }),
    sql: database.sql,
    ...{ digestKey, receipts },
    dncChanges: createDncChanges({ database, outbox }),
    connectJobs: (queue, first) => {
      outbox.connect(queue, first)
      receipts.connect(queue)
    },
    close: () => database.close(),
  }
}

type Secrets = { digestKey: Buffer; seals: Seals }

/** Opens the store's secrets, and seals everything that an earlier version stored in the clear. */
const sealedSecrets = async (
  database: Database,
  { keyring, emit }: { keyring: Keyring; emit: Emit },
): Promise<Secrets> => {
  await checkKeysKnown(database.db, keyring)
  const digestKey = await readDigestKey(database, keyring)
  await recordKeyInUse(database.db, keyring)
  const seals = createSeals(digestKey)
  await sealStored({ database, seals, emit })
  await sealSegments(database, seals)
  return { digestKey, seals }
}

/**
 * Migrates the schema and opens the store's secrets. On a server it uses separate connections whose
 * statements may take long (an index over a large table, a wait for another migration).
 */
const bringUpToDate = async (
  { home, clock, emit }: { home: StoreHome; clock: Clock; emit: Emit },
  database: Database,
  keyring: Keyring,
): Promise<Secrets> => {
  if (home.kind === 'embedded') {
    await migrate(database.db)
    return sealedSecrets(database, { keyring, emit })
  }
  const patient = openServer({ url: home.url, poolSize: 2, queryTimeoutMs: 0 })
  const watching = watchMigration({ db: patient.db, clock, emit })
  try {
    await checkEncoding(patient.db)
    await migrate(patient.db, watching.watch)
    return await sealedSecrets(patient, { keyring, emit })
  } finally {
    await watching.stop()
    await patient.close()
  }
}

/**
 * Opens the database, updates its schema and returns all stores on it. On the embedded home it
 * immediately frees what the previous process left: lanes, unfinished idempotency claims, and what
 * was still being received. Throws `DataDirInUse`, `ClusterMissing`, `StoreUnavailable`, the errors
 * of a migration, or a plain error (for example if an encryption key is missing).
 */
export const openStore = async (deps: {
  home: StoreHome
  /** The first key seals. The other keys open the data that they sealed before. */
  encryptionKeys: { id: string; key: Buffer }[]
  /** The first key signs. If left out, the stored key signs, and is made if there is none. */
  signingKeys?: { id: string; key: Buffer }[]
  clock: Clock
  ids: Ids
  emit: Emit
  publicUrl: string
  /** If left out: no required registry, and a limit of 31 days if a registry sets none. */
  registryRules?: RegistryRules
}): Promise<Store> => {
  const database =
    deps.home.kind === 'embedded'
      ? await openEmbedded({ dataDir: deps.home.dataDir, clock: deps.clock, emit: deps.emit })
      : openServer(deps.home)
  try {
    const keyring = createKeyring(deps.encryptionKeys)
    const secrets = await bringUpToDate(deps, database, keyring)
    const { signingKeys: configured = [], registryRules = NO_RULES } = deps
    const signing = await openSigningKeys({ database, keyring, configured })
    return await assemble(database, { ...deps, ...secrets, keyring, signing, registryRules })
  } catch (error) {
    await database.close()
    throw error
  }
}
