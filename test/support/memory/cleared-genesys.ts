import { createLeapingClock } from '../stages/test-clock.ts'
import { createMemoryGenesys } from './memory-genesys.ts'

/** The list that the upload overwrites. */
export const LIST = 'overwritten'

/** Genesys with two contacts from before, and with the size of its list. */
const createGenesys = (dialect: 'guide' | 'platform') => {
  const genesys = createMemoryGenesys({ jobs: dialect === 'guide' })
  genesys.list = {
    ...genesys.list,
    id: LIST,
    schemaVersion: '1',
    columns: [
      { name: 'contactId', kind: 'text', required: true },
      { name: 'phone', kind: 'phone', required: false },
    ],
    get size() {
      return genesys.contacts.size
    },
  }
  for (const id of ['old-1', 'a']) genesys.contacts.set(id, 'old')
  return genesys
}

/**
 * A Genesys with its clock. A clear takes effect `lagMs` after it was requested, on everything that
 * the list has then.
 */
export const createClearedGenesys = (
  dialect: 'guide' | 'platform',
  lagMs: number,
  onClear: () => void,
) => {
  const genesys = createGenesys(dialect)
  const leaping = createLeapingClock()
  let due: number[] = []
  const settle = (): void => {
    const now = leaping.monotonicMs()
    for (const _ of due.filter((atMs) => atMs <= now)) {
      onClear()
      genesys.contacts.clear()
    }
    due = due.filter((atMs) => atMs > now)
  }
  const clock: typeof leaping = {
    ...leaping,
    sleep: async (ms, signal) => {
      await leaping.sleep(ms, signal)
      settle()
    },
  }
  const clear = async (): Promise<void> => {
    due.push(leaping.monotonicMs() + lagMs)
    settle()
  }
  return { genesys, clock, clear }
}

export type ClearedGenesys = ReturnType<typeof createClearedGenesys>
