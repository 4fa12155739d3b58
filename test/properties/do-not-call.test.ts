import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import fc from 'fast-check'

import { subjectDigest } from '../../src/domain/do-not-call/subject.ts'
import { brokenSums } from '../../src/domain/uploads/upload.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { acceptEntries } from '../support/do-not-call/dnc-entries.ts'
import { createSubmitter } from '../support/do-not-call/dnc-submitter.ts'
import { createLife, Killed, mortal, type Life } from '../support/gateway/kill-points.ts'
import { CALLER, createWorkingGateway } from '../support/gateway/working-gateway.ts'
import { lastTry, noteTries, readTries } from '../support/stages/recorded-tries.ts'
import { audit } from '../support/stages/store-uploads.ts'

const ASKED = process.env['PROPERTY_RUNS']
const RUNS = Number(ASKED ?? 20)
const PEOPLE = 30
/** Of a country whose entries are quarantined: they suppress all the same. */
const ABROAD = 3

const who = fc.uniqueArray(fc.nat({ max: PEOPLE - 1 }), { minLength: 1, maxLength: 3 })
/** What uploads, and works the lane until it is killed. */
const gatewayStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('upload' as const),
      contacts: fc.uniqueArray(fc.nat({ max: PEOPLE - 1 }), { minLength: 1, maxLength: 18 }),
      /** Three go in a request; a file takes them all. */
      delivery: fc.constantFrom('batches' as const, 'batches' as const, 'file' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      killAfter: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat() }) },
)
/** What another instance does with entries meanwhile. */
const entryStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('add-slowly' as const),
      who,
      /** How long the transaction that adds them is open. */
      openMs: fc.integer({ min: 0, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), who }) },
)
type GatewayStep = typeof gatewayStep extends fc.Arbitrary<infer T> ? T : never
type EntryStep = typeof entryStep extends fc.Arbitrary<infer T> ? T : never

const WRITTEN = ['ship', 'settleShipment', 'dissolve', 'intend', 'recordTry', 'settle'] as const
const MORE_WRITTEN = ['noteJob', 'finish', 'split'] as const

/** Entries of a person up to an epoch lapsed: of no try after `last` is it certain that they stand at it. */
type Lapse = { digest: string; epoch: number; last: number }

describe('Entries beside uploads, over several connections', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let here: Store
  let there: Store
  let session: OtherSession
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    here = await openTestStore(place)
    there = await openTestStore(place)
    await here.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    session = await openOtherSession(place.url)
    await noteTries(here)
  })
  after(async () => {
    await session.close()
    await there.close()
    await here.close()
    await home.close()
  })

  let run = 0
  /** A list and people of its own; nothing of what others did before concerns it. */
  const createWorld = async () => {
    run += 1
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
    return {
      ...{ numberOf, digestOf, since, lapsed },
      takeEntries: async (steps: readonly EntryStep[]): Promise<void> => {
        for (const step of steps) {
          if (step.kind === 'add') {
            const entries = step.who.map((person) => ({ phoneNumber: numberOf(person) }))
            submitted.push(await submit(entries, { dncListId: 'dnc-1' }))
          } else if (step.kind === 'add-slowly') {
            const { text, values } = acceptEntries(there, step.who.map(numberOf))
            await session.query('begin')
            await session.query(text, values)
            await session.query('select pg_sleep($1)', [step.openMs / 1000])
            await session.query('commit')
          } else if (step.kind === 'release') {
            const id = submitted[step.at % Math.max(1, submitted.length)]
            if (id !== undefined)
              await there.dncSubmissions.release(
                { id, dncListId: 'dnc-1' },
                audit('dnc.released', id),
              )
          } else {
            const digests = step.who.map(digestOf)
            const last = await lastTry(there)
            const { default: epoch = 0 } = await there.suppressions.epochsOf(`beside-${run}`)
            lapsed.push(...digests.map((digest) => ({ digest, epoch, last })))
            await there.sql.executeSql(
              `update dnc_entry set expires_at = clock_timestamp() - interval '25 hours'
                where replace(subject::text, '-', '') = any($1::text[])`,
              [digests],
            )
          }
        }
      },
    }
  }

  const takeUploads = async (
    steps: readonly GatewayStep[],
    numberOf: (person: number) => string,
  ): Promise<void> => {
    let life: Life = createLife(Number.POSITIVE_INFINITY)
    // Each work is a life of its own, on the same store.
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
    const g = createWorkingGateway({ ...here, delivery }, `beside-${run}`, { jobs: true })
    const made: string[] = []
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
        made.push((await g.uploadContacts(contacts, { delivery: method, duplicates: 'ignore' })).id)
      } else if (step.kind === 'work') await work(step.killAfter)
      else {
        const uploadId = made[step.at % Math.max(1, made.length)]
        if (uploadId === undefined) continue
        await g.control({ caller: CALLER, uploadId, action: 'cancel' }).catch(() => undefined)
      }
    }
    await work(null)
    for (const id of made) {
      const { counts, state } = await g.find(id)
      assert.deepEqual(brokenSums(counts, true), [], state)
    }
  }

  type Added = { digest: string; epoch: number }
  const entriesAdded = async (digests: readonly string[]): Promise<Added[]> => {
    const { rows } = await here.sql.executeSql(
      `select replace(e.subject::text, '-', '') as digest, s.epoch::int as epoch
        from dnc_entry e join dnc_submission s on s.number = e.submission
        where s.epoch is not null and replace(e.subject::text, '-', '') = any($1::text[])`,
      [digests],
    )
    return rows as Added[]
  }

  it('keep every try that is recorded after their commit from carrying their contacts', async () => {
    let tries = 0
    let besides = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(gatewayStep, { minLength: 2, maxLength: 8 }),
        fc.array(entryStep, { minLength: 1, maxLength: 12 }),
        async (uploads, entries) => {
          const world = await createWorld()
          const { numberOf, digestOf, lapsed } = world
          await Promise.all([
            takeUploads([...uploads, ...uploads], numberOf),
            world.takeEntries(entries),
          ])
          const people = Array.from({ length: PEOPLE }, (_, person) => digestOf(person))
          const added = await entriesAdded(people)
          for (const { seq, epoch, subjects } of await readTries(here, world.since)) {
            tries += 1
            for (const entry of added) {
              if (entry.epoch > epoch) besides += 1
              const hasLapsed = lapsed.some(
                (lapse) =>
                  lapse.digest === entry.digest && entry.epoch <= lapse.epoch && seq > lapse.last,
              )
              if (entry.epoch > epoch || hasLapsed) continue
              assert.ok(
                !subjects.has(entry.digest),
                `a try at epoch ${epoch} carries person ${people.indexOf(entry.digest)}, who was added at ${entry.epoch}`,
              )
            }
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: ASKED === undefined },
    )
    // Else nothing ran beside anything.
    assert.ok(tries > RUNS && besides > RUNS, `${tries} tries, ${besides} before an entry`)
  })
})
