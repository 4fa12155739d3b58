import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import fc from 'fast-check'

import type { Store } from '../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import {
  createWorld,
  entryStep,
  gatewayStep,
  lookBack,
  OURS,
  takeUploads,
} from '../support/do-not-call/entries-beside-uploads.ts'
import { noteTries, readTries } from '../support/stages/recorded-tries.ts'

const ASKED = process.env['PROPERTY_RUNS']
const RUNS = Number(ASKED ?? 20)
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

  /**
   * Digests of the people whom an entry in force names, and of those whose contacts in the list are
   * recorded for retraction.
   */
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
          run += 1
          const world = await createWorld({ run, here, there, session })
          const { digestOf, lapsed } = world
          // Some contacts are delivered before any entry names them.
          await takeUploads(uploads.slice(0, 1), world, here)
          await Promise.all([
            takeUploads([...uploads, ...uploads], world, here),
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
    // Otherwise, the test never had entries at the same time as tries.
    assert.ok(seen.tries > RUNS && seen.besides > RUNS && seen.standing > 0, JSON.stringify(seen))
  })
})
