import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'

import fc from 'fast-check'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import { brokenSums } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { OtherSession } from '../databases/blocked.ts'
import { createLife, Killed, mortal, type Life } from '../gateway/kill-points.ts'
import { CALLER, createWorkingGateway } from '../gateway/working-gateway.ts'
import { lastTry } from '../stages/recorded-tries.ts'
import { audit } from '../stages/store-uploads.ts'
import { acceptEntries } from './dnc-entries.ts'
import { submitEntries } from './dnc-submissions.ts'
import { createSubmitter } from './dnc-submitter.ts'

const PEOPLE = 14
/**
 * How many of them are in a country whose entries are quarantined. Quarantined entries suppress
 * too.
 */
const ABROAD = 2
/** How many of them, the last ones, are named only by a tenant that is not granted the list. */
const STRANGERS = 2
/** How many people are named by tenants of the list. */
export const OURS = PEOPLE - STRANGERS

const who = fc.uniqueArray(fc.nat({ max: OURS - 1 }), { minLength: 1, maxLength: 4 })
/** The tenant that brings the contacts, and another one that is granted the same list. */
const tenantId = fc.constantFrom('default' as const, 'default' as const, 'partner' as const)
/** What a gateway does: uploads, and work on the lane until it is killed. */
export const gatewayStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('upload' as const),
      contacts: fc.uniqueArray(fc.nat({ max: PEOPLE - 1 }), { minLength: 1, maxLength: 10 }),
      /** A request carries three rows. A file carries all of them. */
      delivery: fc.constantFrom('batches' as const, 'batches' as const, 'file' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      killAfter: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3 }),
      /**
       * Genesys reports the outcome of a request only after the other instance has taken its next
       * steps.
       */
      isSlow: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat() }) },
  // Waits until the other instance has taken its next steps.
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), steps: fc.constantFrom(1, 2) }),
  },
)
/** What another instance does with entries at the same time. */
export const entryStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), who, tenantId }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('add-slowly' as const),
      ...{ who, tenantId },
      /** How long the transaction that adds them stays open. */
      openMs: fc.integer({ min: 0, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), who, tenantId }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add-elsewhere' as const),
      who: fc.uniqueArray(fc.integer({ min: OURS, max: PEOPLE - 1 }), { minLength: 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('look-back' as const) }) },
)
type GatewayStep = typeof gatewayStep extends fc.Arbitrary<infer T> ? T : never
type EntryStep = typeof entryStep extends fc.Arbitrary<infer T> ? T : never

const WRITTEN = ['ship', 'settleShipment', 'dissolve', 'intend', 'recordTry', 'settle'] as const
const MORE_WRITTEN = ['noteRefusedTry', 'noteJob', 'noteJobEnd', 'finish', 'split'] as const

/**
 * A person's entries up to this epoch of a tenant have ended. After the try `last`, they need not
 * suppress the person.
 */
type Lapse = { digest: string; tenantId: string; epoch: number; last: number }

type StepOf<Kind extends EntryStep['kind']> = Extract<EntryStep, { kind: Kind }>
type Takes = { [Kind in EntryStep['kind']]: (step: StepOf<Kind>) => Promise<void> }

/** Searches until no contact is left that was delivered before an entry named it. */
export const lookBack = async (store: Store): Promise<void> => {
  while ((await store.lookBack.step()) !== null);
}

/** Two instances on one database, and one more session for transactions that stay open. */
type Stores = { run: number; here: Store; there: Store; session: OtherSession }

/** A new list with its own people, so that nothing from earlier tests concerns it. */
export const createWorld = async ({ run, here, there, session }: Stores) => {
  const numberOf = (person: number): string =>
    person < ABROAD
      ? `+614${String(12_000_000 + run * PEOPLE + person)}`
      : `+1415${String(2_000_000 + run * PEOPLE + person)}`
  const since = await lastTry(here)
  const lapsed: Lapse[] = []
  const digestOf = (person: number): string =>
    subjectDigest(here.digestKey, numberOf(person)).toString('hex')
  const submitted: string[] = []
  const submit = createSubmitter(there, { life: createLife(Number.POSITIVE_INFINITY) })
  const subjects = (people: readonly number[]) =>
    people.map((person) => ({ subject: numberOf(person) }))
  /** From here on, the entries of these people need not be in force. */
  const noteEnds = async (people: readonly number[], tenantIds: readonly string[]) => {
    const last = await lastTry(there)
    const { epochs } = await there.suppressions.standingOf(`beside-${run}`)
    for (const tenantId of tenantIds) {
      const epoch = epochs[tenantId] ?? 0
      lapsed.push(...people.map((person) => ({ digest: digestOf(person), tenantId, epoch, last })))
    }
  }
  const take: Takes = {
    add: async ({ who: people, tenantId: by }) => {
      if (by === 'default') {
        const entries = people.map((person) => ({ phoneNumber: numberOf(person) }))
        submitted.push(await submit(entries, { dncListId: 'dnc-1' }))
      } else await submitEntries(there, subjects(people), { tenantId: by })
    },
    'add-slowly': async ({ who: people, tenantId: by, openMs }) => {
      const { text, values } = acceptEntries(there, people.map(numberOf), { tenantId: by })
      await session.query('begin')
      await session.query(text, values)
      await session.query('select pg_sleep($1)', [openMs / 1000])
      await session.query('commit')
    },
    'add-elsewhere': async ({ who: people }) => {
      await submitEntries(there, subjects(people), { tenantId: 'stranger' })
    },
    release: async ({ at }) => {
      const id = submitted[at % Math.max(1, submitted.length)]
      if (id === undefined) return
      await there.dncSubmissions.release({ id, dncListId: 'dnc-1' }, audit('dnc.released', id))
    },
    remove: async ({ who: people, tenantId: by }) => {
      await noteEnds(people, [by])
      await submitEntries(there, subjects(people), {
        ...{ kind: 'remove', overrides: true, tenantId: by },
      })
    },
    expire: async ({ who: people }) => {
      await noteEnds(people, ['default', 'partner'])
      await there.sql.executeSql(
        `update dnc_entry set expires_at = clock_timestamp() - interval '25 hours'
          where replace(subject::text, '-', '') = any($1::text[])`,
        [people.map(digestOf)],
      )
    },
    'look-back': () => lookBack(there),
  }
  const takeStep = <Kind extends EntryStep['kind']>(step: StepOf<Kind>): Promise<void> =>
    take[step.kind](step)
  const taken = new EventEmitter()
  let isTaking = false
  return {
    ...{ listId: `beside-${run}`, numberOf, digestOf, since, lapsed },
    takeEntries: async (steps: readonly EntryStep[]): Promise<void> => {
      isTaking = true
      for (const step of steps) {
        await takeStep(step)
        taken.emit('step')
      }
      isTaking = false
      taken.emit('step')
    },
    stepTaken: async (): Promise<void> => {
      if (isTaking) await once(taken, 'step')
    },
  }
}

type World = Awaited<ReturnType<typeof createWorld>>

/** Takes the steps one after another on the store `here`, and then works until nothing is left. */
export const takeUploads = async (
  steps: readonly GatewayStep[],
  { listId, numberOf, stepTaken }: World,
  here: Store,
): Promise<void> => {
  let life: Life = createLife(Number.POSITIVE_INFINITY)
  // Each span of work is a new process, on the same store.
  const current: Life = {
    step: () => life.step(),
    get taken() {
      return life.taken
    },
    get ended() {
      return life.ended
    },
  }
  const delivery = mortal(here.delivery, [...WRITTEN, ...MORE_WRITTEN], current)
  const g = createWorkingGateway({ ...here, delivery }, listId, { jobs: true })
  const made: string[] = []
  const ours = new Map<string, number>()
  let isSlow = false
  const { readJob } = g.genesys
  g.genesys.readJob = async (...asked) => {
    for (let left = isSlow ? 3 : 0; left > 0; left -= 1) await stepTaken()
    return readJob(...asked)
  }
  const work = async (killAfter: number | null): Promise<void> => {
    life = createLife(killAfter ?? Number.POSITIVE_INFINITY)
    try {
      await g.work()
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    life = createLife(Number.POSITIVE_INFINITY)
  }
  for (const step of steps) {
    if (step.kind === 'upload') {
      const contacts = step.contacts.map((person) => ({
        ...{ id: `c${person}`, phone: numberOf(person) },
      }))
      const { delivery: method } = step
      const { id } = await g.uploadContacts(contacts, { delivery: method, duplicates: 'ignore' })
      made.push(id)
      ours.set(id, step.contacts.filter((person) => person < OURS).length)
    } else if (step.kind === 'work') {
      ;({ isSlow } = step)
      await work(step.killAfter)
    } else if (step.kind === 'wait') {
      for (let left = step.steps; left > 0; left -= 1) await stepTaken()
    } else {
      const uploadId = made[step.at % Math.max(1, made.length)]
      if (uploadId === undefined) continue
      await g.control({ caller: CALLER, uploadId, action: 'cancel' }).catch(() => undefined)
    }
  }
  isSlow = false
  await work(null)
  for (const id of made) {
    const { counts, state } = await g.find(id)
    assert.deepEqual(brokenSums(counts, true), [], state)
    assert.ok(counts.suppressed <= ours.get(id)!, 'suppressed by a tenant without the list')
  }
}
