import { Worker } from 'node:worker_threads'

import type { Clock } from './clock.ts'

const BEAT_MS = 1_000
/**
 * How often the thread checks, and after how many checks without a beat the loop counts as dead:
 * two minutes, more than any statement takes.
 */
const LOOK_MS = 5_000
const LOOKS = 24

/** Plain JavaScript: it runs in the thread, which has nothing else to load. */
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
 * Ends the process if its event loop no longer turns. Such a process handles no signal and answers
 * nothing, and only a new start helps. The thread counts its own checks, so that a machine that
 * slept does not count as a hanging loop. The process beats for as long as it lives.
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
