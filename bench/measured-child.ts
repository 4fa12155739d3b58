import { execFile } from 'node:child_process'
import { createReadStream, type ReadStream } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * The cost of one way to read the file, from the first byte to the last row, in a separate process.
 */
export type ReadFigures = { rows: number; cpuSeconds: number; wallSeconds: number }

const BLOCK_BYTES = 256 * 1024

/**
 * Reads the file at `path` with `read`, and prints the figures as JSON. Call this in the child
 * process.
 */
export const reportReading = async (
  path: string,
  read: (input: ReadStream) => Promise<{ rows: number }>,
): Promise<void> => {
  const input = createReadStream(path, { highWaterMark: BLOCK_BYTES })
  const [cpuBefore, startedAt] = [process.cpuUsage(), performance.now()]
  const result = await read(input)
  const { user, system } = process.cpuUsage(cpuBefore)
  const wallSeconds = (performance.now() - startedAt) / 1000
  process.stdout.write(
    JSON.stringify({ ...result, cpuSeconds: (user + system) / 1e6, wallSeconds }),
  )
}

/** Runs a script of this directory to its end. The script must print `ReadFigures` as JSON. */
export const measureChild = async (script: string, ...args: string[]): Promise<ReadFigures> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, script),
    ...args,
  ])
  return JSON.parse(stdout) as ReadFigures
}
