import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, before, describe, it } from 'node:test'

import fc from 'fast-check'

import { subjectDigest } from '../../src/domain/do-not-call/subject.ts'
import { brokenSums } from '../../src/domain/uploads/upload.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { acceptEntries } from '../support/do-not-call/dnc-entries.ts'
import { submitEntries } from '../support/do-not-call/dnc-submissions.ts'
import { createSubmitter } from '../support/do-not-call/dnc-submitter.ts'
import { createLife, Killed, mortal, type Life } from '../support/gateway/kill-points.ts'
import { CALLER, createWorkingGateway } from '../support/gateway/working-gateway.ts'
import { lastTry, noteTries, readTries } from '../support/stages/recorded-tries.ts'
import { audit } from '../support/stages/store-uploads.ts'

const ASKED = process.env['PROPERTY_RUNS']
const RUNS = Number(ASKED ?? 20)
const PEOPLE = 14
/** Of a country whose entries are quarantined: they suppress all the same. */
const ABROAD = 2
/** The last of them, about whom a tenant alone says anything that the list is not granted to. */
const STRANGERS = 2
const OURS = PEOPLE - STRANGERS

const who = fc.uniqueArray(fc.nat({ max: OURS - 1 }), { minLength: 1, maxLength: 4 })
/** Whose contacts, and a tenant that is granted the same list. */
const tenantId = fc.constantFrom('default' as const, 'default' as const, 'partner' as const)
/** What uploads, and works the lane until it is killed. */
const gatewayStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('upload' as const),
      contacts: fc.uniqueArray(fc.nat({ max: PEOPLE - 1 }), { minLength: 1, maxLength: 10 }),
      /** Three go in a request; a file takes them all. */
      delivery: fc.constantFrom('batches' as const, 'batches' as const, 'file' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      killAfter: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3 }),
      /** Genesys says what became of a request only after the other instance's next steps. */
      isSlow: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat() }) },
  // Until the other instance has taken its next steps.
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), steps: fc.constantFrom(1, 2) }),
  },
)
/** What another instance does with entries meanwhile. */
const entryStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), who, tenantId }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('add-slowly' as const),
      ...{ who, tenantId },
      /** How long the transaction that adds them is open. */
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
const MORE_WRITTEN = ['noteJob', 'finish', 'split'] as const

/** Entries of a person up to an epoch of a tenant ended: of no try after `last` is it certain that they stand at it. */
type Lapse = { digest: string; tenantId: string; epoch: number; last: number }

type StepOf<Kind extends EntryStep['kind']> = Extract<EntryStep, { kind: Kind }>
type Takes = { [Kind in EntryStep['kind']]: (step: StepOf<Kind>) => Promise<void> }

/** Looks until nothing is left for whom was delivered before an entry. */
const lookBack = async (store: Store): Promise<void> => {
  while ((await store.lookBack.step()) !== null);
}

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
    await here.sql
      .executeSql(`with t as (insert into tenant (id) values ('partner'), ('stranger') returning id)
      insert into tenant_grant (tenant_id, kind, object_id)
        select id, 'contact_list', case id when 'partner' then '*' else 'elsewhere' end from t`)
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
    const subjects = (people: readonly number[]) =>
      people.map((person) => ({ subject: numberOf(person) }))
    /** From here on their entries need not stand. */
    const noteEnds = async (people: readonly number[], tenantIds: readonly string[]) => {
      const last = await lastTry(there)
      const epochs = await there.suppressions.epochsOf(`beside-${run}`)
      for (const tenantId of tenantIds) {
        const epoch = epochs[tenantId] ?? 0
        lapsed.push(
          ...people.map((person) => ({ digest: digestOf(person), tenantId, epoch, last })),
        )
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

  const takeUploads = async (
    steps: readonly GatewayStep[],
    { numberOf, stepTaken }: { numberOf(person: number): string; stepTaken(): Promise<void> },
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

  type Added = { digest: string; tenantId: string; epoch: number }
  const entriesAdded = async (digests: readonly string[]): Promise<Added[]> => {
    const { rows } = await here.sql.executeSql(
      `select replace(e.subject::text, '-', '') as digest, s.tenant_id as "tenantId", s.epoch::int as epoch
        from dnc_entry e join dnc_submission s on s.number = e.submission
        where s.epoch is not null and s.kind <> 'remove' and replace(e.subject::text, '-', '') = any($1::text[])`,
      [digests],
    )
    return rows as Added[]
  }

  /** Digests of people whom an entry names that stands now, and of those of whose contacts in the list it is noted that they are taken back. */
  const standingAndNoted = async (listId: string) => {
    const { rows } = await here.sql.executeSql(
      `select array(select replace(e.subject::text, '-', '') from dnc_entry e join dnc_submission s on s.number = e.submission
          where s.epoch is not null and s.kind = 'add' and s.tenant_id in ('default', 'partner')
            and e.closed_by is null and e.expires_at is null) as standing,
        array(select replace(subject::text, '-', '') from dnc_retraction where contact_list_id = $1) as noted,
        (select count(*)::int from dnc_retraction d join dnc_submission s on s.number = d.submission
          where s.tenant_id = 'stranger') as strangers`,
      [listId],
    )
    const found = rows[0] as { standing: string[]; noted: string[]; strangers: number }
    return { ...found, standing: new Set(found.standing), noted: new Set(found.noted) }
  }

  it('keep every try that is recorded after their commit from carrying their contacts, and find who was delivered before', async () => {
    const seen = { tries: 0, besides: 0, standing: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(gatewayStep, { minLength: 2, maxLength: 8 }),
        fc.array(entryStep, { minLength: 3, maxLength: 14 }),
        async (uploads, entries) => {
          const world = await createWorld()
          const { digestOf, lapsed } = world
          // Some are delivered before anybody says anything of them.
          await takeUploads(uploads.slice(0, 1), world)
          await Promise.all([
            takeUploads([...uploads, ...uploads], world),
            world.takeEntries(entries),
          ])
          const people = Array.from({ length: OURS }, (_, person) => digestOf(person))
          const added = await entriesAdded(people)
          const tried = new Set<string>()
          for (const { seq, epochs, subjects } of await readTries(here, world.since)) {
            seen.tries += 1
            for (const digest of subjects) tried.add(digest)
            for (const { digest, tenantId: by, epoch } of added) {
              const now = epochs[by] ?? 0
              if (epoch > now) seen.besides += 1
              const hasLapsed = lapsed.some(
                (lapse) =>
                  lapse.digest === digest &&
                  lapse.tenantId === by &&
                  epoch <= lapse.epoch &&
                  seq > lapse.last,
              )
              if (epoch > now || hasLapsed) continue
              assert.ok(
                !subjects.has(digest),
                `a try at epoch ${now} of ${by} carries person ${people.indexOf(digest)}, who was added at ${epoch}`,
              )
            }
          }
          await lookBack(there)
          const { standing, noted, strangers } = await standingAndNoted(world.listId)
          assert.equal(strangers, 0)
          const named = [...tried].filter((digest) => standing.has(digest))
          assert.deepEqual(
            named.filter((digest) => !noted.has(digest)).map((digest) => people.indexOf(digest)),
            [],
            'people with an entry whose contacts Genesys may hold',
          )
          seen.standing += named.length
        },
      ),
      { numRuns: RUNS, endOnFailure: ASKED === undefined },
    )
    // Else nothing ran beside anything.
    assert.ok(seen.tries > RUNS && seen.besides > RUNS && seen.standing > 0, JSON.stringify(seen))
  })
})
