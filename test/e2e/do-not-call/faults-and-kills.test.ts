import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { z } from 'zod'

import { DNC_REASONS, type DncReason } from '../../../src/domain/do-not-call/dnc-entry.ts'
import type {
  searchAnswerSchema,
  submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { seededRandom } from '../../../src/lib/seeded-random.ts'
import type { FaultRule } from '../../../src/sandbox/faults/fault-plan.ts'
import { embeddedHome, serverHome } from '../../support/databases/database.ts'
import { type Dialect, type RunningGateway, setStage } from '../../support/stages/stage.ts'

type Submission = z.output<typeof submissionSchema>
type Found = z.output<typeof searchAnswerSchema>['items'][number]
type Entry = { phoneNumber: string; reason: DncReason; expiresAt?: string }

const SEED = Number(process.env['DNC_SEED'] ?? 12)
const LIST = 'dnc-under-fire'
const PEOPLE = Array.from({ length: 60 }, (_, n) => `+1415555${String(2_000 + n)}`)
/** A number that Genesys always refuses, in the dialect in which it names whom it refuses. */
const REFUSED = PEOPLE[7]!
const REASONS = Object.keys(DNC_REASONS) as DncReason[]

const IN_PROGRESS: FaultRule = { kind: 'dnc-in-progress', forMs: 300, probability: 0.06 }
const faultsOf = (dialect: Dialect): FaultRule[] => {
  const on = { operation: 'dnc-write' } as const
  return [
    { kind: 'status', status: 429, retryAfter: 0, retryAfterSeconds: 1, probability: 0.06, ...on },
    {
      kind: 'status',
      status: 503,
      retryAfter: 'none',
      retryAfterSeconds: 1,
      probability: 0.05,
      ...on,
    },
    { kind: 'reset', probability: 0.05, ...on },
    { kind: 'executed-then-reset', probability: 0.08, ...on },
    { kind: 'truncated-body', probability: 0.05, ...on },
    { kind: 'revoke-tokens', probability: 0.05 },
    ...(dialect === 'guide' ? [IN_PROGRESS] : []),
  ]
}
const always = (dialect: Dialect): FaultRule[] =>
  dialect === 'guide'
    ? [{ kind: 'dnc-refused', numbers: [REFUSED], code: 'phone.invalid', named: 'number' }]
    : []

/** The combination of all entries in force: the strongest reason and the longest time. */
const folded = ({ entries }: Found) => {
  const standing = entries.filter(({ state }) => state === 'standing')
  if (standing.length === 0) return null
  const expiries = standing.flatMap(({ expiresAt }) => expiresAt ?? [])
  return {
    reason: standing
      .map(({ reason }) => reason)
      .toSorted((one, other) => DNC_REASONS[other] - DNC_REASONS[one])[0]!,
    expiresAt:
      expiries.length < standing.length
        ? null
        : expiries.reduce((one, other) => (one > other ? one : other)),
  }
}

/** Only a few rounds, because on a server home every kill costs the rest of a lease. */
for (const [dialect, home, rounds] of [
  ['guide', embeddedHome(), 3],
  ['platform', serverHome(), 2],
] as const) {
  describe(
    `Do-not-call entries under faults and kills (${dialect}, ${home.kind} home)`,
    { skip: home.skip },
    () => {
      test(`are in Genesys as they stand in the ledger when all is over (seed ${SEED})`, async () => {
        const random = seededRandom(SEED)
        const below = (count: number): number => Math.floor(random() * count)
        const stage = await setStage(await home.fresh(), dialect)
        stage.sandbox.makeDncList({ id: LIST, name: LIST })
        const minute = Math.ceil(Date.now() / 60_000) * 60_000
        const entries = (): Entry[] =>
          Array.from({ length: 1 + below(40) }, () => {
            // Only a few different expiries, because each needs a separate request.
            const days = [null, 30, 150][below(3)] ?? null
            return {
              phoneNumber: PEOPLE[below(PEOPLE.length)]!,
              reason: REASONS[below(REASONS.length)]!,
              ...(days === null
                ? {}
                : { expiresAt: new Date(minute + days * 86_400_000).toISOString() }),
            }
          })
        const given = new Map<string, Entry[]>()
        const accepted = new Map<string, string>()
        const submit = async ({ client }: RunningGateway, key: string): Promise<void> => {
          const { status, body, text } = await client.call<Submission>(
            `/v1/dnc-lists/${LIST}/entries`,
            {
              method: 'POST',
              headers: { 'content-type': 'application/json', 'idempotency-key': key },
              body: JSON.stringify(given.get(key)),
            },
          )
          assert.equal(status, 202, text)
          accepted.set(key, body.id)
        }
        const open = (): string[] => [...given.keys()].filter((key) => !accepted.has(key))
        try {
          for (let round = 0; round < rounds; round += 1) {
            const gateway = await stage.gateway()
            stage.sandbox.setFaults({
              rules: [...always(dialect), ...faultsOf(dialect)],
              seed: SEED + round,
            })
            for (const key of open()) await submit(gateway, key)
            for (let n = 0; n < 3; n += 1) given.set(crypto.randomUUID(), entries())
            const [last, ...others] = open().toReversed()
            for (const key of others) await submit(gateway, key)
            const before = gateway.events('dnc.sent').length + gateway.events('dnc.refused').length
            const moves = 1 + below(4)
            // On a server home, the key of a call that was cut off stays claimed for a minute.
            const cutOff =
              home.kind === 'server'
                ? await submit(gateway, last!)
                : submit(gateway, last!).catch(() => undefined)
            while (
              gateway.events('dnc.sent').length + gateway.events('dnc.refused').length <
              before + moves
            ) {
              if (accepted.has(last!) && (await everythingApplied(gateway, accepted))) break
              await delay(10)
            }
            await gateway.kill()
            await cutOff
          }
          stage.sandbox.setFaults(always(dialect))
          const gateway = await stage.gateway()
          for (const key of open()) await submit(gateway, key)
          while (!(await everythingApplied(gateway, accepted))) await delay(50)
          assert.equal(new Set(accepted.values()).size, rounds * 3)

          const { body } = await gateway.client.call<z.output<typeof searchAnswerSchema>>(
            `/v1/dnc-lists/${LIST}/entries/search`,
            {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ phoneNumbers: PEOPLE }),
            },
          )
          const there = stage.sandbox.dncList(LIST).entries.phone
          let compared = 0
          for (const [at, found] of body.items.entries()) {
            const number = PEOPLE[at]!
            const ours = folded(found)
            const theirs = there[number]
            assert.equal(found.suppressed, ours !== null)
            if (ours === null || (dialect === 'guide' && number === REFUSED)) {
              assert.equal(theirs, undefined, number)
              continue
            }
            compared += 1
            assert.equal(theirs?.expiresAt, ours.expiresAt, number)
            if (dialect === 'guide') assert.equal(theirs?.reason, ours.reason, number)
          }
          assert.ok(compared > PEOPLE.length / 2)
          assert.deepEqual(
            Object.keys(there).filter((number) => !PEOPLE.includes(number)),
            [],
          )
          // The ledger must hold exactly what was accepted.
          const said = [...given.values()].flat()
          for (const [at, found] of body.items.entries()) {
            const mine = said.filter(({ phoneNumber }) => phoneNumber === PEOPLE[at])
            const strongest = Math.max(0, ...mine.map(({ reason }) => DNC_REASONS[reason]))
            const ours = folded(found)
            assert.equal(ours === null ? 0 : DNC_REASONS[ours.reason], strongest)
          }
        } finally {
          await stage.close()
          await home.close()
        }
      })
    },
  )
}

const everythingApplied = async (
  { client }: RunningGateway,
  accepted: ReadonlyMap<string, string>,
): Promise<boolean> => {
  for (const id of accepted.values()) {
    const { body } = await client.call<Submission>(`/v1/dnc-submissions/${id}`)
    if (body.state !== 'applied' && body.state !== 'applied_with_errors') return false
    const { created, existing, updated, removed, notFound, failed, pending } = body.counts
    assert.equal(pending, 0)
    assert.equal(created + existing + updated + removed + notFound + failed, body.counts.accepted)
  }
  return true
}
