import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { loadavg } from 'node:os'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

import type { Edition } from '../../src/domain/do-not-call/registries/registry.ts'
import type { StoreHome } from '../../src/store/homes/open-store.ts'
import { registryFile } from '../../test/support/do-not-call/registry-file.ts'
import { ADMIN_KEY } from '../../test/support/gateway/gateway-process.ts'
import { type RunningGateway, setStage } from '../../test/support/stages/stage.ts'
import { bodyOf, costOf, forgetPeak, startWarm } from '../upload-bench.ts'

const POLL_MS = 100

const call = async <T>(
  gateway: RunningGateway,
  path: string,
  init: RequestInit & { body?: string } = {},
): Promise<T> => {
  const { status, body, text } = await gateway.client.call<T>(path, init)
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`)
  return body
}

const sendEdition = async (gateway: RunningGateway, file: Readable): Promise<Edition> => {
  const sent = request(`${gateway.address}/v1/registries/bench/editions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      'content-type': 'text/csv',
      'idempotency-key': crypto.randomUUID(),
    },
  })
  const answered = Promise.withResolvers<Edition>()
  sent.on('error', answered.reject)
  sent.on('response', (response) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () => {
      const text = Buffer.concat(parts).toString()
      if (response.statusCode === 202) answered.resolve(JSON.parse(text) as Edition)
      else answered.reject(new Error(`Answered ${response.statusCode}: ${text}`))
    })
  })
  await pipeline(file, sent)
  return answered.promise
}

/**
 * Reads the edition again and again, until `done` returns true for it. Throws if the edition
 * failed.
 */
export const editionUntil = async (
  gateway: RunningGateway,
  id: string,
  done: (edition: Edition) => boolean,
): Promise<Edition> => {
  for (;;) {
    const edition = await call<Edition>(gateway, `/v1/registries/bench/editions/${id}`)
    if (edition.state === 'failed') throw new Error(JSON.stringify(edition))
    if (done(edition)) return edition
    await delay(POLL_MS)
  }
}

/** Waits until the gateway has searched the register for everything that is new in the edition. */
export const lookedBack = async (gateway: RunningGateway, id: string): Promise<void> => {
  const isDone = (): boolean =>
    gateway
      .events('registry.looked_back')
      .some((line) => line['editionId'] === id && line['done'] === true)
  while (!isDone()) await delay(POLL_MS)
}

/** Makes the registry of the bench, and lets the tenant use it. */
export const startUsing = async (gateway: RunningGateway, country: string): Promise<void> => {
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ country })
  await call(gateway, '/v1/registries/bench', { method: 'PUT', headers: json, body })
  const { version } = await call<{ version: number }>(gateway, '/v1/tenants/default')
  await call(gateway, '/v1/tenants/default', {
    method: 'PATCH',
    headers: { ...json, 'if-match': `"${version}"` },
    body: JSON.stringify({ registries: ['bench'] }),
  })
}

/**
 * Loads an edition of `numbers` numbers and `more` additional ones, and waits until it is in force.
 * The file is made before the measurement, because making it takes as long as loading it. The peak
 * includes the memory that the process held before the load.
 */
export const loadEdition = async (
  gateway: RunningGateway,
  home: StoreHome,
  about: { path: string; country: string; numbers: number; more: number },
) => {
  const { path, country, numbers, more } = about
  await pipeline(registryFile({ country, numbers, more }, 'ftc'), createWriteStream(path))
  const loadAverage = loadavg()[0]!
  const heldMiB = gateway.residentMiB()
  forgetPeak(gateway.pid)
  const { result, cost } = await costOf(gateway, home, async () => {
    const { id } = await sendEdition(gateway, bodyOf(path))
    return editionUntil(gateway, id, ({ state }) => state !== 'loading')
  })
  await rm(path)
  return { edition: result, cost, heldMiB, peakMiB: gateway.peakMiB(), loadAverage }
}

/** Loads the edition in a process that has only started and delivered a small upload. */
export const loadAlone = async (
  home: StoreHome,
  about: { path: string; country: string; numbers: number },
) => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await startWarm(stage)
    await startUsing(gateway, about.country)
    return await loadEdition(gateway, home, { ...about, more: 0 })
  } finally {
    await stage.close()
  }
}
