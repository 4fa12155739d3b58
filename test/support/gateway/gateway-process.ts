import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { compileCache } from './compile-cache.ts'
import { freePort } from './free-port.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
/**
 * Long, because a gateway with an empty embedded database first makes its cluster, and a busy
 * machine has only two cores.
 */
const START_WITHIN_MS = 120_000

/** As in `npm start` and in the image. */
const YOUNG_GENERATION = '--max-semi-space-size=4'
const MALLOC = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '524288',
  MALLOC_TRIM_THRESHOLD_: '16777216',
}

export const ADMIN_KEY = 'e2e-admin-key-0123456789abcdefghijkl'

export type LogLine = { event: string; level: string } & Record<string, unknown>
export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** A gateway or sandbox that runs as a separate process. */
export type ProcessUnderTest = {
  address: string
  pid: number
  /** Every line that it has written, on both streams. */
  output: string[]
  /** The lines of stdout that are telemetry events of this name, so far. */
  events(name: string): LogLine[]
  /**
   * Resolves with the first event, past or future, for which `matches` returns true. Rejects if the
   * process ends before.
   */
  event(name: string, matches?: (line: LogLine) => boolean): Promise<LogLine>
  exited: Promise<Exit>
  /** Kills with kill -9, so that nothing is finished, flushed or released. */
  kill(): Promise<Exit>
  /** Stops with SIGTERM. Resolves with the exit and how long it took. */
  stop(): Promise<Exit & { tookMs: number }>
  /** The most memory that the process has held, in MiB (VmHWM). Linux only. */
  peakMiB(): number
  residentMiB(): number
}

const parseEvent = (line: string): LogLine | null => {
  if (!line.startsWith('{')) return null
  try {
    const parsed = JSON.parse(line) as LogLine
    return typeof parsed.event === 'string' ? parsed : null
  } catch {
    return null
  }
}

const memoryMiB = (pid: number, field: 'VmHWM' | 'VmRSS'): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) / 1024
}

type Waiter = {
  name: string
  matches: (line: LogLine) => boolean
  resolve: (line: LogLine) => void
}

/**
 * Whatever the test is about, it fails if a call is answered with a problem that the API document
 * does not list for its operation.
 */
const refuseUndeclared = (line: LogLine): void => {
  if (line.event !== 'http.problem_undeclared') return
  queueMicrotask(() => {
    throw new Error(`The API document does not list what was answered: ${JSON.stringify(line)}`)
  })
}

const observe = (
  child: ChildProcess,
  undeclared: (line: LogLine) => void = refuseUndeclared,
  heard: (line: LogLine) => void = () => undefined,
) => {
  const output: string[] = []
  const seen: LogLine[] = []
  let waiters: Waiter[] = []
  const exited = once(child, 'close').then(
    ([code, signal]) => ({ code, signal }),
    (error: unknown) => {
      throw error
    },
  )
  exited.catch(() => {})
  const take = (line: string): void => {
    output.push(line)
    const parsed = parseEvent(line)
    if (!parsed) return
    seen.push(parsed)
    undeclared(parsed)
    heard(parsed)
    const met = waiters.filter(({ name, matches }) => name === parsed.event && matches(parsed))
    waiters = waiters.filter((waiter) => !met.includes(waiter))
    for (const { resolve } of met) resolve(parsed)
  }
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', take)
  }
  const event = async (
    name: string,
    matches: (line: LogLine) => boolean = () => true,
  ): Promise<LogLine> => {
    const known = seen.find((line) => line.event === name && matches(line))
    if (known) return known
    const { promise, resolve } = Promise.withResolvers<LogLine>()
    waiters.push({ name, matches, resolve })
    const ended = exited.then(({ code, signal }) => {
      throw new Error(
        `The process ended (${code ?? signal}) before ${name}:\n${output.slice(-15).join('\n')}`,
      )
    })
    return Promise.race([promise, ended])
  }
  return { output, seen, exited, event }
}

const within = async <T>(ms: number, what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const underTest = (
  child: ChildProcess,
  seen: ReturnType<typeof observe>,
  address: string,
): ProcessUnderTest => {
  const pid = child.pid ?? 0
  return {
    address,
    pid,
    output: seen.output,
    events: (name) => seen.seen.filter((line) => line.event === name),
    event: seen.event,
    exited: seen.exited,
    kill: async () => {
      child.kill('SIGKILL')
      return seen.exited
    },
    stop: async () => {
      const startedAt = performance.now()
      child.kill('SIGTERM')
      const exit = await seen.exited
      return { ...exit, tookMs: performance.now() - startedAt }
    },
    peakMiB: () => memoryMiB(pid, 'VmHWM'),
    residentMiB: () => memoryMiB(pid, 'VmRSS'),
  }
}

/**
 * If this process has the flag, the started process gets it too, as in `npm test`. V8 then compiles
 * the embedded database only quickly. Otherwise, V8 would compile one of its functions anew soon
 * after each start, which takes seconds (`node --trace-wasm-compilation-times src/main.ts`).
 */
const BASELINE = process.execArgv.filter((flag) => flag === '--liftoff-only')

const launch = (args: readonly string[], env: Record<string, string>): ChildProcess => {
  const child = spawn(process.execPath, [...BASELINE, ...args], {
    cwd: PROJECT,
    // The process gets nothing of the surrounding environment except what any program needs to run.
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: 'UTC',
      ...compileCache(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const reap = (): void => void child.kill('SIGKILL')
  process.once('exit', reap)
  child.once('close', () => process.off('exit', reap))
  return child
}

/**
 * Starts `src/main.ts` on any free port. Resolves when it listens. If it does not start, rejects
 * with its last lines.
 */
export const startGateway = async (
  env: Record<string, string>,
  /**
   * For tests that judge undeclared problems themselves. If left out, such a problem ends the test.
   */
  undeclared?: (line: LogLine) => void,
  /** Receives every event, also those from before the gateway listens. */
  heard?: (line: LogLine) => void,
): Promise<ProcessUnderTest> => {
  const child = launch([YOUNG_GENERATION, 'src/main.ts'], {
    PORT: '0',
    ADMIN_API_KEY: ADMIN_KEY,
    // Hundreds of tests start a gateway, and few of them read a large file.
    WARM_UP_ROWS: '0',
    ...MALLOC,
    ...env,
  })
  const seen = observe(child, undeclared, heard)
  try {
    const started = await within(
      START_WITHIN_MS,
      'The start of the gateway',
      seen.event('process.started'),
    )
    return underTest(child, seen, String(started['address']))
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/**
 * Starts `src/sandbox/main.ts` as a process, with these additional flags and variables. Use it if
 * the test's own process should not do Genesys' work, or if Genesys must have another clock.
 */
export const startSandboxProcess = async (
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<ProcessUnderTest> => {
  const child = launch(['src/sandbox/main.ts', '--port', '0', ...flags], env)
  const seen = observe(child)
  const { promise, resolve } = Promise.withResolvers<string>()
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /sandbox .* on (http:\S+)/.exec(line)?.[1]
      if (url) resolve(url)
    })
  }
  const ended = seen.exited.then(() => {
    throw new Error(`The sandbox did not start:\n${seen.output.join('\n')}`)
  })
  const address = await within(
    START_WITHIN_MS,
    'The start of the sandbox',
    Promise.race([promise, ended]),
  )
  return underTest(child, seen, address)
}

/** The variables that point a gateway to a sandbox. */
export const sandboxEnv = (
  sandboxUrl: string,
  dialect: 'guide' | 'platform',
): Record<string, string> => ({
  GENESYS_DIALECT: dialect,
  GENESYS_API_URL: sandboxUrl,
  GENESYS_LOGIN_URL: sandboxUrl,
  GENESYS_CLIENT_ID: 'sandbox-client',
  GENESYS_CLIENT_SECRET: 'sandbox-secret',
})

/**
 * The variables that let Genesys call a gateway back: a secret, and a port that is known before
 * anything listens on it.
 */
export const reachableEnv = async (): Promise<Record<string, string>> => {
  const port = await freePort()
  return {
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 3).toString('base64')}`,
  }
}

/** A gauge or counter without labels from a Prometheus text. NaN if it is not there. */
export const metricOf = (scrape: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(scrape)?.[1] ?? NaN)
