import { setFlagsFromString } from 'node:v8'

import { composeGateway, type Gateway } from './compose.ts'
import { type Config, ConfigInvalid, readConfig } from './config.ts'
import { systemClock } from './lib/clock.ts'
import { startWatchdog } from './lib/watchdog.ts'
import type { Emit } from './telemetry/events.ts'
import { createEventLog } from './telemetry/logger.ts'
import { createTelemetry } from './telemetry/telemetry.ts'

/**
 * How much the heap may grow between two full collections, in percent of the live objects. V8's
 * default (some 12 MiB) is too small for a streaming upload. The buffers of an upload are garbage
 * as soon as the gateway has stored their rows, so V8 would mark the whole heap several times a
 * second. That takes half of the processor time of an upload (`perf record` over `npm run bench --
 * --only reading`). 200 is too large: with it, the digests of ten million rows need more memory
 * than the design allows (same bench). The gateway reads these digests back to find duplicates. V8
 * reads the flag at every collection, so it can be set while the process runs.
 */
setFlagsFromString('--heap-growing-percent=100')

/**
 * How long a stop may take. In this time the gateway accepts no new calls, batches that are being
 * sent end or are aborted, and lanes are released.
 */
const STOP_WITHIN_MS = 10_000

/**
 * In a terminal, Ctrl-C goes to the whole process group, and npm also passes it on. The process
 * therefore gets the same signal twice within this time.
 */
const SAME_SIGNAL_MS = 1_000

const configOrExit = (): Config => {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

const welcome = (gateway: Gateway): string =>
  [
    '',
    `  Outbound Gateway listens on ${gateway.address}`,
    gateway.simulated
      ? '  Genesys is SIMULATED (the sandbox). Nothing reaches a real Genesys org.'
      : null,
    gateway.sandboxUrl
      ? `  The sandbox with its control calls and faults (docs/sandbox.md): ${gateway.sandboxUrl}/_sandbox/ledger`
      : null,
    gateway.newAdminKey ? `  Admin key, shown only now (stored in ${gateway.adminKeyFile}):` : null,
    gateway.newAdminKey ? `    ${gateway.newAdminKey}` : null,
    gateway.simulated && gateway.adminKeyFile ? '  Upload the example:' : null,
    gateway.simulated && gateway.adminKeyFile
      ? `    curl -H "Authorization: Bearer $(cat ${gateway.adminKeyFile})" -H "Idempotency-Key: first-try" -H "Content-Type: text/csv" --data-binary @examples/contacts.csv ${gateway.address}/v1/contact-lists/demo-contacts/uploads`
      : null,
    '  Console (this link signs you in once, and only from this machine):',
    `    ${gateway.signInUrl}`,
    `  API: ${gateway.address}/docs`,
    '',
  ]
    .filter((line) => line !== null)
    .join('\n')

/**
 * After a bug or an unhandled rejection, the state of the process cannot be trusted. The process
 * ends, and the next process continues its work.
 */
const exitOn = (event: 'uncaughtException' | 'unhandledRejection'): void => {
  process.on(event, (error: unknown) => {
    const name =
      error instanceof Error
        ? `${error.name} ${(error.stack ?? '').split('\n').slice(1, 6).join('|')}`
        : 'unknown'
    process.stderr.write(
      `${JSON.stringify({ level: 'fatal', event: `process.${event}`, error: name })}\n`,
    )
    process.exit(1)
  })
}

/**
 * Stops the gateway on SIGTERM and SIGINT. Call the returned function with the gateway as soon as
 * the gateway listens. Before that, a signal ends the process immediately, because the gateway has
 * accepted nothing yet. A second signal also ends the process immediately, unless it arrives within
 * `SAME_SIGNAL_MS`.
 */
const stopOnSignal = (emit: Emit): ((gateway: Gateway) => void) => {
  let running: Gateway | null = null
  let stoppingMs: number | null = null
  const stop = (signal: string): void => {
    if (stoppingMs !== null) {
      if (performance.now() - stoppingMs > SAME_SIGNAL_MS) process.exit(1)
      return
    }
    const startedMs = performance.now()
    stoppingMs = startedMs
    emit('process.stopping', { signal })
    const finish = (clean: boolean): never => {
      const durationMs = Math.round(performance.now() - startedMs)
      emit('process.stopped', { durationMs, clean })
      process.exit(clean ? 0 : 1)
    }
    if (running === null) return finish(true)
    setTimeout(() => finish(false), STOP_WITHIN_MS).unref()
    running.stop().then(
      () => finish(true),
      () => finish(false),
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  return (gateway) => {
    running = gateway
  }
}

const main = async (): Promise<void> => {
  exitOn('uncaughtException')
  exitOn('unhandledRejection')
  const config = configOrExit()
  const terminal = process.stdout.isTTY
  const telemetry = createTelemetry({
    log: createEventLog({ level: config.logLevel, pretty: terminal }),
  })
  const listens = stopOnSignal(telemetry.emit)
  const gateway = await composeGateway(config, telemetry).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unknown'
    process.stderr.write(`The gateway did not start: ${reason}\n`)
    process.exit(1)
  })
  listens(gateway)
  startWatchdog(systemClock)
  telemetry.emit('process.started', {
    address: gateway.address,
    home: config.home.kind,
    dialect: config.genesys.dialect,
    sandbox: gateway.simulated,
    scanner: config.guestFiles.clamd === null ? 'not-configured' : 'clamd',
  })
  if (terminal || gateway.newAdminKey) process.stdout.write(`${welcome(gateway)}\n`)
}

await main()
