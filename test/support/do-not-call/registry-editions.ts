import assert from 'node:assert/strict'

import { editionOptionsSchema } from '../../../src/domain/do-not-call/registries/edition-options.ts'
import type { Edition } from '../../../src/domain/do-not-call/registries/registry.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createReceiveEdition } from '../../../src/workflows/do-not-call/registries/receive-edition.ts'
import { audit, ids } from '../stages/store-uploads.ts'

const CALLER = {
  tenantId: 'default',
  keyId: 'key_1',
  scopes: ['admin'],
  requestId: 'req_1',
} as const

/** Makes a registry of the United States with this name. */
export const makeRegistry = async (
  store: Store,
  name: string,
  maxAgeDays: number | null = null,
) => {
  const result = await store.registries.put({
    ...{ name, country: 'US', maxAgeDays, audit: audit('registry.changed', name) },
  })
  assert.equal(result.kind, 'put')
}

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000)
}

/** Receives an edition, as the call does. If the edition is refused, throws the problem. */
export const receiveEdition = async (
  store: Store,
  registry: string,
  body: string | AsyncIterable<Uint8Array>,
  options: Record<string, unknown> = {},
  idempotencyKey: string = ids.newUuid(),
  numbersAtOnce = 2 ** 20,
): Promise<Edition> => {
  const { idempotency, registries } = store
  const receive = createReceiveEdition({
    ...{ idempotency, registries, renderEdition: (edition) => edition, clock: systemClock, ids },
    ...{ emit: () => undefined, owner: 'me', wake: () => undefined, numbersAtOnce },
  })
  const answer = await receive({
    ...{ caller: CALLER, registry, idempotencyKey },
    ...{
      options: editionOptionsSchema.parse(options),
      path: `/v1/registries/${registry}/editions`,
    },
    body: typeof body === 'string' ? inPieces(body) : body,
  })
  return JSON.parse(answer.body) as Edition
}

/** Does all the work that follows when editions were received. */
export const followEditions = async (store: Store): Promise<number> => {
  while ((await store.registryWork.bringIntoForce()) !== null);
  let found = 0
  for (let late = await store.registryWork.lookForLate(); late !== null;) {
    found += late.found
    late = await store.registryWork.lookForLate()
  }
  for (let step = await store.registryWork.lookBack(); step !== null;) {
    found += step.found
    step = await store.registryWork.lookBack()
  }
  return found
}

/** Loads an edition and brings it into force. */
export const loadEdition = async (
  store: Store,
  registry: string,
  numbers: Iterable<number>,
  options: Record<string, unknown> = {},
): Promise<Edition> => {
  const { id } = await receiveEdition(store, registry, `${[...numbers].join('\n')}\n`, options)
  await followEditions(store)
  return (await store.registries.findEdition(registry, id))!
}

/** Sets the registries that the tenant uses from now on. */
export const useRegistries = async (
  store: Store,
  tenantId: string,
  registries: string[],
): Promise<void> => {
  const { version } = (await store.tenants.find(tenantId))!
  const change = { registries }
  const result = await store.tenants.change({
    ...{ tenantId, version, change, audit: audit('tenant.changed', tenantId) },
  })
  assert.equal(result?.kind, 'changed')
}

/** Which of the numbers are in an edition in force. */
export const namedBy = async (store: Store, list: string, numbers: readonly number[]) => {
  const { editions } = await store.suppressions.standingOf(list)
  const sorted = Float64Array.from(numbers).toSorted()
  const hits = await store.suppressions.numbersAmong(editions, sorted)
  return [...sorted].filter((_, at) => hits[at]! > 0)
}
