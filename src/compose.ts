import { randomBytes } from 'node:crypto'

import { genesysAndItsTime } from './compose/clock.ts'
import { signInUrlOf } from './compose/console.ts'
import { essentialsOf } from './compose/essentials.ts'
import { callbackUrlOf, eventSubscriptionOf } from './compose/genesys-webhooks.ts'
import { bindStore, startInProcessSandbox } from './compose/genesys.ts'
import { guestFilesIn } from './compose/guest-files.ts'
import { createGatewayServer } from './compose/http.ts'
import { warmUpWith } from './compose/intake.ts'
import { placeOf } from './compose/place.ts'
import { registryRulesOf } from './compose/registries.ts'
import { createStartSteps } from './compose/start-steps.ts'
import { createWork } from './compose/work.ts'
import type { Config } from './config.ts'
import { createSignInLink } from './console/frame/sign-in-link.ts'
import { adminKeyOf, closeDataDir, encryptionKeysOf } from './kept-keys.ts'
import { systemClock } from './lib/clock.ts'
import { sha256 } from './lib/digest.ts'
import { createIds } from './lib/ids.ts'
import { tellOfUnusedCluster } from './store/homes/cluster/unused-cluster.ts'
import { openStore, type Store } from './store/homes/open-store.ts'
import type { Emit } from './telemetry/events.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { createWatchUploads } from './workflows/uploads/watch/watch-uploads.ts'

export type Gateway = {
  address: string
  simulated: boolean
  /**
   * The address of the sandbox's control calls, if the sandbox runs in this process. null: it does
   * not.
   */
  sandboxUrl: string | null
  /** The admin key, if this start made it. Otherwise null. */
  newAdminKey: string | null
  adminKeyFile: string | null
  /** A link that signs in to the console once, from this machine. */
  signInUrl: string
  stop(): Promise<void>
}

const STOP_GRACE_MS = 6000

const DATABASE_STEPS = { embedded: 'open-embedded-database', server: 'open-database' } as const

const openHome = (config: Config, publicUrl: string, emit: Emit): Promise<Store> => {
  tellOfUnusedCluster(config, emit)
  return openStore({
    home: config.home,
    encryptionKeys: encryptionKeysOf(config),
    signingKeys: config.signingKeys,
    clock: systemClock,
    ids: createIds({ clock: systemClock }),
    emit,
    publicUrl,
    registryRules: registryRulesOf(config.dnc),
  })
}

/**
 * Stores the digest of the admin key, which makes the key valid. Also makes a link that signs in to
 * the console with this key.
 */
const letAdminIn = async (config: Config, store: Store) => {
  const adminKey = adminKeyOf(config)
  const keyDigest = sha256(adminKey.key)
  await store.access.ensureAdmin({ digest: keyDigest, scopes: ['admin'] })
  return { adminKey, signInLink: createSignInLink({ random: randomBytes, keyDigest }) }
}

const adminKeyShown = ({ made, key, file }: ReturnType<typeof adminKeyOf>) => ({
  newAdminKey: made ? key : null,
  adminKeyFile: file,
})

/** Connects the parts and starts them. Resolves when the gateway listens and its workers run. */
export const composeGateway = async (config: Config, telemetry: Telemetry): Promise<Gateway> => {
  const { emit } = telemetry
  const during = createStartSteps({ clock: systemClock, emit })
  closeDataDir(config)
  const owner = `${process.pid}-${randomBytes(6).toString('hex')}`
  const { address, listen } = await placeOf(config)
  const publicUrl = config.publicUrl ?? address
  const openStoreStep = DATABASE_STEPS[config.home.kind]
  const store = await during(openStoreStep, () => openHome(config, publicUrl, emit))
  const sandbox = await during('start-sandbox', () => startInProcessSandbox(config))
  await bindStore(config, store, sandbox)
  const { adminKey, signInLink } = await letAdminIn(config, store)
  await store.sync.ensureEnvEndpoints(config.endpoints)
  const { genesys, ...times } = genesysAndItsTime(config, sandbox, store, {
    emit,
    followBack: (backMs) => work.jobs.followBack(backMs),
  })
  const callbackUrl = callbackUrlOf(config, address)
  const parts = { config, telemetry, store, genesys, ...times, owner, callbackUrl }
  const essentials = essentialsOf(parts)
  const work = await during('prepare-work', () => createWork(essentials))
  const events = eventSubscriptionOf(essentials)
  const stopped = new AbortController()
  const watchUploads = createWatchUploads({ uploads: store.watch, clock: systemClock, emit })
  const files = guestFilesIn(essentials, work.guestFiles, stopped.signal)
  const server = await createGatewayServer({
    ...essentials,
    ...{ publicUrl, signInLink },
    ...{ simulated: sandbox !== null, guestFileUses: files.uses },
    wake: (laneKey) => work.lanes.wake(laneKey),
    ...work.wakes,
    webhooks: () => (typeof events === 'string' ? events : events.status()),
    ...{ stopping: () => stopped.signal.aborted, stopSignal: stopped.signal },
    watchUploads,
  })
  await during('warm-up', () => warmUpWith(essentials, server.validation.contacts))
  await during('start-jobs', () => work.jobs.start())
  await during('listen', () => listen(server))
  // If the port is taken, the start ends here. No lane must be at work then.
  work.lanes.start()
  work.sweeper.start()
  // Genesys may send events as soon as it has the address of the gateway. The gateway therefore
  // listens before it subscribes.
  if (typeof events !== 'string') events.start()
  return {
    address,
    simulated: sandbox !== null,
    sandboxUrl: sandbox?.url ?? null,
    ...adminKeyShown(adminKey),
    signInUrl: signInUrlOf(address, signInLink.token),
    stop: async () => {
      stopped.abort()
      if (typeof events !== 'string') await events.stop()
      await Promise.all([server.close(), work.lanes.stop(STOP_GRACE_MS), work.sweeper.stop()])
      await Promise.all([watchUploads.stop(), files.close()])
      await work.jobs.stop()
      await work.webhooks.close()
      await genesys.close()
      await store.close()
      await sandbox?.close()
    },
  }
}
