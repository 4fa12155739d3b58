import { Worker } from 'node:worker_threads'

import type { Clock } from './clock.ts'

const BEAT_MS = 1_000
/**
 * How often the thread checks for beats of the event loop. If there are none for two minutes, the
 * thread ends the process. No SQL statement of the gateway is meant to take that long.
 */
const LOOK_MS = 5_000
const LOOKS = 24

/**
 * The code of the thread. It is plain JavaScript, so that the thread need not load anything else.
 */
const THREAD = `
const { workerData: { beats, lookMs, looks } } = require('node:worker_threads')
const { writeSync } = require('node:fs')
let last = -1
let missed = 0
setInterval(() => {
  const now = Atomics.load(beats, 0)
  missed = now === last ? missed + 1 : 0
  last = now
  if (missed < looks) return
  writeSync(2, JSON.stringify({ level: 'fatal', event: 'process.loop_dead', forMs: missed * lookMs }) + '\\n')
  process.kill(process.pid, 'SIGKILL')
}, lookMs)
`

/**
 * Ends the process if its event loop is stuck, so that the process can be started again. A stuck
 * process answers nothing and handles no signal. The event loop sends a beat every second, and a
 * thread checks for the beats. The thread counts its checks instead of measuring time. Otherwise,
 * the event loop would look stuck after the machine has slept.
 */
export const startWatchdog = (
  clock: Clock,
  { lookMs = LOOK_MS, looks = LOOKS }: { lookMs?: number; looks?: number } = {},
): void => {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const beat = async (): Promise<never> => {
    for (;;) {
      Atomics.add(beats, 0, 1)
      await clock.sleep(Math.min(BEAT_MS, lookMs))
    }
  }
  void beat()
  const workerData = { beats, lookMs, looks }
  const limits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 }
  new Worker(THREAD, { eval: true, workerData, resourceLimits: limits, execArgv: [] }).unref()
}
