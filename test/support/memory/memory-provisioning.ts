import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import type { ContactList, ListColumn } from '../../../src/domain/contact-lists/contact-list.ts'
import type { NewContactListPlan } from '../../../src/domain/contact-lists/new-contact-list.ts'
import {
  GenesysFailure,
  type GenesysFailureKind,
} from '../../../src/domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import {
  createProvisionContactList,
  type ProvisionDeps,
} from '../../../src/workflows/contact-lists/provision-contact-list.ts'
import type { IdempotencyStore } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createLeapingClock } from '../stages/test-clock.ts'

export const COLUMNS: ListColumn[] = [
  { name: 'customerId', kind: 'text', required: true },
  { name: 'mobile', kind: 'phone', required: false },
]

export const PLAN = { name: 'Autumn', columns: COLUMNS, contactIdColumn: 'customerId' }

export const BEAT_MS = 15_000

export const failure = (kind: GenesysFailureKind, upstreamCode: string | null = null) =>
  new GenesysFailure(kind, 'create-contact-list', { upstreamCode })

/**
 * A clock that skips every wait. The beats of the claim never come, because they would make it skip
 * forever.
 */
const createClock = (): Clock & { elapsedMs(): number } => {
  const leaping = createLeapingClock()
  return {
    ...leaping,
    sleep: (ms, signal) =>
      ms === BEAT_MS
        ? new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('stopped')))
          })
        : leaping.sleep(ms, signal),
  }
}

type Genesys = {
  lists: ContactList[]
  /** What the creation does in addition to making the list. */
  onCreate: (make: () => ContactList) => ContactList
  onFind: () => void
  onRead: (list: ContactList) => ContactList
}

export const setUpProvisioning = (
  more: { allGranted?: boolean; signal?: AbortSignal; dialect?: 'guide' | 'platform' } = {},
) => {
  const clock = createClock()
  const audits: Pick<AuditEntry, 'object' | 'outcome'>[] = []
  const events: { name: string; fields: object }[] = []
  const intents = new Map<string, { fingerprint: string; atMs: number; listId: string | null }>()
  const made = new Map<string, string>()
  const answers = new Map<
    string,
    { fingerprint: string; status: number; body: string; location: string }
  >()
  const claimed = new Set<string>()
  const genesys: Genesys = {
    lists: [],
    onCreate: (make) => make(),
    onFind: () => undefined,
    onRead: (list) => list,
  }
  const noted = () => [...intents].map(([key, { listId }]) => [key, listId] as const)
  const note = ({ object, outcome }: AuditEntry): void => void audits.push({ object, outcome })
  const idempotency: IdempotencyStore = {
    claim: async ({ key }) => {
      const done = answers.get(key)
      if (done) return { kind: 'done', ...done }
      if (claimed.has(key)) return { kind: 'in_progress' }
      claimed.add(key)
      return { kind: 'claimed' }
    },
    keepAlive: async () => undefined,
    release: async ({ key }) => void claimed.delete(key),
  }
  const deps: ProvisionDeps = {
    provisioning: {
      createContactList: async ({ name, columns }) =>
        genesys.onCreate(() => {
          const id = `list-${genesys.lists.length + 1}`
          const list: ContactList = {
            id,
            name,
            status: 'ready',
            schemaVersion: '1',
            columns: [...columns],
            size: 0,
          }
          genesys.lists.push(list)
          return list
        }),
      findByName: async (name) => {
        genesys.onFind()
        return genesys.lists.filter((list) => list.name === name)
      },
    },
    contactLists: {
      dialect: more.dialect ?? 'guide',
      readContactList: async (id) => {
        const list = genesys.lists.find((one) => one.id === id)
        if (!list) throw failure('not_found')
        return genesys.onRead(list)
      },
    },
    made: {
      intentOf: async ({ key }) => {
        const intent = intents.get(key)
        if (!intent) return null
        const { fingerprint, listId, atMs } = intent
        return { fingerprint, listId, ageMs: clock.monotonicMs() - atMs }
      },
      intend: async ({ key }, fingerprint, audit) => {
        intents.set(key, { fingerprint, atMs: clock.monotonicMs(), listId: null })
        note(audit)
      },
      noteMade: async ({ key }, listId) => {
        intents.set(key, { ...intents.get(key)!, listId })
      },
      forget: async ({ key }, audit) => {
        intents.delete(key)
        note(audit)
      },
      taken: async (_tenant, ids) =>
        ids.filter((id) => made.has(id) || noted().some(([, listId]) => listId === id)),
      finish: async ({ scope: { key, tenantId }, fingerprint, listId, answer, audit }) => {
        if (!claimed.has(key)) return 'claim_lost'
        const isOther = noted().some(([of, id]) => id === listId && of !== key)
        if (made.has(listId) || isOther) return 'taken'
        answers.set(key, { fingerprint, ...answer })
        made.set(listId, tenantId)
        intents.delete(key)
        note(audit)
        return 'finished'
      },
    },
    idempotency,
    access: { isGranted: async (_tenant, _kind, id) => more.allGranted ?? made.has(id) },
    lists: { get: async () => null, put: async () => undefined },
    renderList: (list, plan) => ({ id: list.id, status: list.status, plan: plan.name }),
    clock,
    ids: createIds({ clock }),
    emit: (name, fields) => void events.push({ name, fields }),
    owner: 'me',
    ...(more.signal ? { signal: more.signal } : {}),
  }
  const provision = createProvisionContactList(deps)
  const call = (key = 'k1', plan: NewContactListPlan = PLAN, tenantId = 'default') =>
    provision({
      caller: { tenantId, keyId: 'key_1', scopes: ['lists'], requestId: 'req_1' },
      plan,
      idempotencyKey: key,
      method: 'POST',
      path: '/v1/contact-lists',
    })
  /** The process dies. Its claims are free again, and nothing else changes. */
  const crash = () => claimed.clear()
  return { genesys, call, crash, clock, audits, events, intents, made, claimed, deps }
}

export const problemOf = async (work: Promise<unknown>): Promise<GatewayProblem> => {
  try {
    await work
  } catch (error) {
    if (error instanceof GatewayProblem) return error
    throw error
  }
  throw new Error('There was no problem')
}
