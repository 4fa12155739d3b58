import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/homes/open-store.ts'
import { type RunningGateway, setStage } from '../test/support/stages/stage.ts'
import type { ProbeFigures, ProbeRoute } from './latency-probe.ts'
import { bodyOf, LIST, startWarm } from './upload-bench.ts'

export type ByRoute = Record<ProbeRoute, ProbeFigures>

export type LatencyFigures = {
  home: StoreHome['kind']
  /** The same calls at the same pace while the gateway does nothing else. */
  quiet: ByRoute
  /** While the file streams in. */
  streaming: ByRoute
  streamingSeconds: number
}

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
const SETTLE_MS = 1000

export const startProbe = (address: string): ChildProcess => {
  // Without the parent's flags, so that a profile of the bench does not include the probe.
  const options = { execArgv: [] }
  return fork(join(import.meta.dirname, 'latency-probe.ts'), [address, WEBHOOK_SECRET], options)
}

export const measured = async (
  probe: ChildProcess,
  work: () => Promise<void>,
): Promise<ByRoute> => {
  probe.send('begin')
  await work()
  probe.send('end')
  const [figures] = (await once(probe, 'message')) as [ByRoute]
  return figures
}

/**
 * Rejects if the upload fails while it is being measured. A failure after that is ignored, because
 * the gateway is stopped then.
 */
const uploadWhole = async (gateway: RunningGateway, path: string): Promise<void> => {
  const { status, text } = await gateway.client.upload(LIST, bodyOf(path))
  if (status !== 202) throw new Error(`Answered ${status}: ${text}`)
}

/**
 * Measures how soon /livez and a webhook are answered: first by a quiet gateway, then while the
 * file at `path` streams in, for at most `seconds`.
 */
export const measureLatency = async (
  home: StoreHome,
  path: string,
  seconds: number,
): Promise<LatencyFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await startWarm(stage, { WEBHOOK_SECRET })
    const probe = startProbe(gateway.address)
    try {
      await delay(SETTLE_MS)
      const quiet = await measured(probe, () => delay((seconds / 3) * 1000))
      const startedAt = performance.now()
      const streaming = await measured(probe, async () => {
        const upload = uploadWhole(gateway, path)
        upload.catch(() => undefined)
        await Promise.race([upload, delay(seconds * 1000)])
      })
      const streamingSeconds = (performance.now() - startedAt) / 1000
      return { home: home.kind, quiet, streaming, streamingSeconds }
    } finally {
      probe.kill()
    }
  } finally {
    await stage.close()
  }
}
