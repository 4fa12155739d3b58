import { numberOfSubject, subjectOf } from '../../domain/do-not-call/subject.ts'
import { createDigestBatch, DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import {
  SuppressionUnknown,
  type SuppressionPort,
} from '../../workflows/ports/do-not-call/suppressions.ts'
import type { SuppressedAmong } from '../../workflows/ports/segments/segments.ts'

type Deps = {
  digestKey: Buffer
  suppressions: Pick<SuppressionPort, 'suppressedAmong' | 'standingOf' | 'numbersAmong'>
}

type People = readonly (readonly string[])[]

/**
 * How many people one look-up in the entries takes. Other statements get their turn between two
 * look-ups.
 */
const LOT = 2_000

/** The places of the people in a lot who are suppressed by an entry. */
const lotByEntries = async (
  { digestKey, suppressions }: Deps,
  contactListId: string,
  people: People,
): Promise<number[]> => {
  const batch = createDigestBatch(digestKey)
  const owners: number[] = []
  for (const [person, reachedBy] of people.entries()) {
    for (const value of reachedBy) {
      batch.add(subjectOf(value))
      owners.push(person)
    }
  }
  if (owners.length === 0) return []
  const digests = batch.take()
  const found = await suppressions.suppressedAmong(contactListId, digests)
  return owners.filter((_, at) =>
    found.has(digests.toString('latin1', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)),
  )
}

/**
 * The places of the people who are named by an edition in force. All numbers are looked up
 * together, so that each page of an edition is read once.
 */
const byRegistries = async (
  { suppressions }: Deps,
  contactListId: string,
  people: People,
): Promise<number[]> => {
  const { editions } = await suppressions.standingOf(contactListId)
  if (editions.length === 0) return []
  const asked = people
    .flatMap((reachedBy, person) =>
      reachedBy.map((value) => ({ number: numberOfSubject(value), person })),
    )
    .filter(({ number }) => number > 0)
    .toSorted((one, other) => one.number - other.number)
  const numbers = Float64Array.from(asked, ({ number }) => number)
  const hits = await suppressions.numbersAmong(editions, numbers)
  return asked.filter((_, at) => hits[at]! > 0).map(({ person }) => person)
}

/**
 * Counts the people who are suppressed by an entry or a registry of any tenant of the list, in the
 * same way as for an upload. null: the look-up was not possible.
 */
export const createSuppressedAmong =
  (deps: Deps): SuppressedAmong =>
  async (contactListId, people) => {
    try {
      const suppressed = new Set(await byRegistries(deps, contactListId, people))
      for (let from = 0; from < people.length; from += LOT) {
        const lot = people.slice(from, from + LOT)
        for (const at of await lotByEntries(deps, contactListId, lot)) suppressed.add(from + at)
      }
      return suppressed.size
    } catch (error) {
      if (error instanceof SuppressionUnknown) return null
      throw error
    }
  }
