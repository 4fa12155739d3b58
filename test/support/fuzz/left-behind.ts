import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const ESTABLISHED = '01'
const CLOSE_WAIT = '08'

/** Connections to the port that the listening process has not closed. */
const connectionsAt = (port: number): number => {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/u))
    .filter(
      ([, local = '', , state = '']) =>
        local.endsWith(`:${wanted}`) && (state === ESTABLISHED || state === CLOSE_WAIT),
    ).length
}

/**
 * Files on disk that the process has open. Those under `except` belong to the database and are left
 * out.
 */
const openFiles = (pid: number, except: string): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return target.startsWith('/') && !target.startsWith('/dev/') && !target.startsWith(except)
        ? [target]
        : []
    } catch {
      return []
    }
  })

/** How many connections, files and temporary directories a process holds. */
export const heldBy = (
  pid: number,
  port: number,
  places: { temporary: string; database: string },
) => ({
  connections: connectionsAt(port),
  files: openFiles(pid, places.database).toSorted(),
  temporary: readdirSync(places.temporary).toSorted(),
})

/** Asks until the answer is as wanted. Returns the last answer. */
export const settled = async <T>(
  ask: () => T | Promise<T>,
  wanted: (answer: T) => boolean,
): Promise<T> => {
  const deadline = performance.now() + 90_000
  for (;;) {
    const answer = await ask()
    if (wanted(answer) || performance.now() > deadline) return answer
    await delay(100)
  }
}

/** The processor time of a process so far. On every Linux, the unit is a hundredth of a second. */
export const cpuMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
