import { createAuditEntry } from '../../src/domain/audit/audit.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createIds } from '../../src/lib/ids.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import {
  embeddedHome,
  openTestStore,
  serverHome,
  type TestHome,
} from '../../test/support/databases/database.ts'

/**
 * `npm run bench:audit` measures what the audit trail costs. The hot path only inserts an entry, in
 * the transaction of the effect that the entry describes. The chain is written separately.
 */
const ROUNDS = 400
const ENTRIES = [1, 4, 20]
const WHO = { tenantId: 'default', actor: 'gateway', requestId: 'req_bench' }
const ids = createIds({ clock: systemClock })

type Figure = { what: string; wallMs: number; cpuMs: number }

const timed = async (
  what: string,
  times: number,
  work: () => Promise<unknown>,
): Promise<Figure> => {
  const [startedMs, before] = [performance.now(), process.cpuUsage()]
  for (let n = 0; n < times; n += 1) await work()
  const { user, system } = process.cpuUsage(before)
  const wallMs = (performance.now() - startedMs) / times
  return { what, wallMs, cpuMs: (user + system) / 1000 / times }
}

const entriesOf = (count: number) =>
  Array.from({ length: count }, () =>
    createAuditEntry(ids, WHO, {
      action: 'upload.finished',
      object: ids.newId('upl'),
      counts: { delivered: 1 },
      details: { problem: null, state: 'completed' },
    }),
  )

const measure = async (store: Store): Promise<Figure[]> => {
  const figures = [
    await timed('a statement that does nothing', ROUNDS, () => store.sql.executeSql('select 1')),
  ]
  for (const count of ENTRIES) {
    const append = () => store.audit.append(entriesOf(count))
    figures.push(await timed(`${count} entries in one statement`, ROUNDS, append))
  }
  const waiting = ROUNDS * ENTRIES.reduce((sum, count) => sum + count, 0)
  const chain = async (): Promise<void> => {
    while ((await store.auditChain.chainNext('bench')) !== null);
  }
  const chained = await timed('all', 1, chain)
  const each = { wallMs: chained.wallMs / waiting, cpuMs: chained.cpuMs / waiting }
  return [...figures, { what: `chaining, an entry of ${waiting}`, ...each }]
}

const show = async (home: TestHome): Promise<void> => {
  const store = await openTestStore(await home.fresh())
  try {
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    console.log(`${home.kind} home: wall ms, processor ms of this process`)
    for (const { what, wallMs, cpuMs } of await measure(store)) {
      console.log(`  ${what}: ${wallMs.toFixed(3)}, ${cpuMs.toFixed(3)}`)
    }
  } finally {
    await store.close()
  }
}

for (const home of [serverHome({ durable: true }), embeddedHome()]) {
  if (home.skip !== false) continue
  try {
    await show(home)
  } finally {
    await home.close()
  }
}
