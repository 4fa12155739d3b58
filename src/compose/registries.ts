import type { DncConfig } from '../config-values.ts'
import { consentCountries, registryAgeDays } from '../domain/do-not-call/rules/limits.ts'
import { renderEdition } from '../http/routes/do-not-call/registries/registry-schemas.ts'
import { createRegistryWorker } from '../lanes/registry-worker.ts'
import { systemClock } from '../lib/clock.ts'
import type { Ids } from '../lib/ids.ts'
import type { Emit } from '../telemetry/events.ts'
import { createFollowEditions } from '../workflows/do-not-call/registries/follow-editions.ts'
import { createReceiveEdition } from '../workflows/do-not-call/registries/receive-edition.ts'
import {
  createPutRegistry,
  createRemoveEdition,
} from '../workflows/do-not-call/registries/registry-uses.ts'
import type { Essentials } from './essentials.ts'

/**
 * The age limit of editions, in days, for registries that have no `maxAgeDays`, and the registry
 * that the configuration requires for each country. If the configuration sets no limit, the limit
 * of the law that is in force today applies. If the gateway has no rule for the country, the limit
 * is 31 days.
 */
export const registryRulesOf = ({ maxAgeDays, requiredRegistries }: DncConfig) => ({
  ageDaysOf: (country: string): number => maxAgeDays ?? registryAgeDays(country, systemClock.now()),
  required: requiredRegistries,
})

/**
 * At the start, reports each country whose law requires consent, if CONSENT_REQUIRED_COUNTRIES does
 * not name this country.
 */
const tellOfConsent = ({ consentCountries: asked }: DncConfig, emit: Emit): void => {
  const countries = consentCountries(systemClock.now()).filter((country) => !asked.has(country))
  if (countries.length > 0) emit('consent.not_required', { countries: countries.join() })
}

/**
 * Makes the worker that brings editions into force. Also reports the countries where the law
 * requires consent and the configuration does not (`tellOfConsent`).
 */
export const registryWorkerOf = ({ config, store, telemetry }: Essentials) => {
  tellOfConsent(config.dnc, telemetry.emit)
  return createRegistryWorker({
    step: createFollowEditions({ work: store.registryWork, emit: telemetry.emit }),
    clock: systemClock,
    emit: telemetry.emit,
  })
}

/** The calls on registries. */
export const registriesOf = (
  { store, telemetry, owner, stopSignal }: Essentials & { stopSignal: AbortSignal },
  ids: Ids,
  wake: () => void,
) => {
  const { registries, idempotency } = store
  return {
    registries,
    putRegistry: createPutRegistry({ registries, ids }),
    removeEdition: createRemoveEdition({ registries, ids }),
    receiveEdition: createReceiveEdition({
      ...{ registries, idempotency, renderEdition, clock: systemClock, ids },
      ...{ emit: telemetry.emit, owner, signal: stopSignal, wake },
    }),
  }
}
