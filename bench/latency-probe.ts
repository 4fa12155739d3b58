import { Agent, request } from 'node:http'
import { setInterval as ticks } from 'node:timers/promises'

import { Webhook } from 'standardwebhooks'

/**
 * Calls a gateway again and again from a separate process, over connections that stay open. It
 * never waits for an answer before the next call, so every delay of the gateway counts in full.
 * Fork it as `node bench/latency-probe.ts <address> <webhook secret>`. The message `begin` discards
 * what was measured so far. The message `end` sends what was measured since then to the parent, as
 * `ProbeFigures` by route.
 */
export type ProbeFigures = {
  answers: number
  failed: number
  p50: number
  p99: number
  max: number
}
export type ProbeRoute = '/livez' | '/webhook/genesys-upload'

const LIVEZ_EVERY_MS = 10
/**
 * 20 webhooks a second, which is more than Genesys sends if the gateway makes 15 calls a second.
 * Each webhook is stored and then processed by a job.
 */
const WEBHOOK_EVERY_MS = 50

type Samples = { ms: number[]; failed: number }

const [address = '', secret = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true })
let samples: Record<ProbeRoute, Samples>
const forget = (): void => {
  samples = {
    '/livez': { ms: [], failed: 0 },
    '/webhook/genesys-upload': { ms: [], failed: 0 },
  }
}
forget()

const ask = (route: ProbeRoute, sent: { headers: Record<string, string>; body: string } | null) => {
  const into = samples[route]
  const startedAt = performance.now()
  const call = request(`${address}${route}`, {
    agent,
    method: sent ? 'POST' : 'GET',
    headers: sent?.headers ?? {},
  })
  call.on('response', (response) => {
    response.resume()
    response.on('end', () => {
      into.ms.push(performance.now() - startedAt)
      if (response.statusCode !== 200) into.failed += 1
    })
  })
  call.on('error', () => void (into.failed += 1))
  call.end(sent?.body)
}

const webhook = new Webhook(secret)
/**
 * Makes a new, signed webhook about an upload that the gateway does not know. The gateway checks,
 * stores, queues and answers this webhook like any other.
 */
const signed = (number: number) => {
  const [id, at] = [`probe-${process.pid}-${number}`, new Date()]
  const body = JSON.stringify({
    contactListId: 'demo-contacts',
    uploadId: id,
    status: 'success',
    timestamp: at.toISOString(),
  })
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': webhook.sign(id, at, body),
  }
  return { headers, body }
}

const figuresOf = ({ ms, failed }: Samples): ProbeFigures => {
  const sorted = ms.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { answers: sorted.length, failed, p50: at(0.5), p99: at(0.99), max: at(1) }
}

const probeLivez = async (): Promise<void> => {
  for await (const _ of ticks(LIVEZ_EVERY_MS)) ask('/livez', null)
}
const probeWebhook = async (): Promise<void> => {
  let number = 0
  for await (const _ of ticks(WEBHOOK_EVERY_MS))
    ask('/webhook/genesys-upload', signed((number += 1)))
}

process.on('message', (message) => {
  if (message === 'begin') return forget()
  process.send?.(Object.fromEntries(Object.entries(samples).map(([at, of]) => [at, figuresOf(of)])))
})
process.on('disconnect', () => process.exit(0))
await Promise.all([probeLivez(), probeWebhook()])
