import { z } from 'zod'

import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import type { StoredDncList } from '../state/do-not-call/dnc-lists.ts'

/** A request must have fewer than 500 entries [guide-api: DNC lists]. */
const MOST_ENTRIES = 499
/** The most requests that may change DNC lists at the same time. */
const MOST_WRITES = 5

const E164 = /^\+[1-9]\d{6,14}$/

const bodySchema = z.strictObject({
  phoneNumbers: z.array(z.string()).min(1),
  reason: z.enum(['REGULATORY', 'CUSTOMER_REQUEST', 'UNSPECIFIED']),
  expires: z.iso.datetime({ offset: true }).nullable(),
})
type Body = z.output<typeof bodySchema>

type Named = { phoneNumber?: string; field?: string; code: string; message: string }

const refuse422 = (errors: readonly Named[]): never => {
  throw new Refusal(422, 'dnc.entries.invalid', 'The entries are not valid.', {
    members: { errors },
  })
}

/**
 * Throws the refusal of the fault plan or of the rules. The refusal names entries by number, by
 * place, as a group, or not at all.
 */
const assertEntries = (state: SandboxState, call: Call, body: Body): void => {
  const fault = state.faults.pick(
    ['dnc-refused'],
    call,
    ({ numbers }) => !numbers || numbers.some((number) => body.phoneNumbers.includes(number)),
  )
  if (fault) {
    const about = { code: fault.code, message: 'Refused by the fault plan' }
    if (fault.named === 'none') refuse422([])
    if (fault.named === 'group') refuse422([{ field: 'expires', ...about }])
    const refused = fault.numbers ?? body.phoneNumbers
    refuse422(
      body.phoneNumbers.flatMap((phoneNumber, index) => {
        if (!refused.includes(phoneNumber)) return []
        const place =
          fault.named === 'number' ? { phoneNumber } : { field: `phoneNumbers[${index}]` }
        return [{ ...place, ...about }]
      }),
    )
  }
  const invalid = body.phoneNumbers.filter((number) => !E164.test(number))
  if (invalid.length > 0) {
    const about = { code: 'phone.invalid', message: 'Not E.164' }
    refuse422(invalid.map((phoneNumber) => ({ phoneNumber, ...about })))
  }
  if (body.expires !== null && new Date(body.expires) <= state.clock.now()) {
    refuse422([{ field: 'expires', code: 'expiry.past', message: 'The expiry is past.' }])
  }
}

const inProgress = (): never => {
  throw new Refusal(409, 'idempotency.in.progress', 'A request with this key is still processing.')
}

/**
 * The answer that is stored for the key. undefined: the key is new. Throws refusals with 409 and
 * 422.
 */
const keptAnswer = (
  state: SandboxState,
  call: Call,
  list: StoredDncList,
  key: string,
  fingerprint: string,
): Answer | undefined => {
  const kept = list.keys.get(key)
  if (!kept) return undefined
  if (state.clock.monotonicMs() < kept.busyUntilMs) inProgress()
  if (kept.fingerprint !== fingerprint) {
    throw new Refusal(422, 'idempotency.key.reused', 'The key was used with another body.')
  }
  if (state.faults.pick(['dnc-key-kept'], call)) {
    throw new Refusal(409, 'idempotency.key.used', 'A request with this key has ended.')
  }
  return { status: 200, body: kept.answer }
}

const tallied = (state: SandboxState, call: Call, list: StoredDncList, body: Body) => {
  const failing = state.faults.pick(['dnc-entry-errors'], call)
  const fails = (number: string): boolean =>
    failing !== null && (failing.numbers === undefined || failing.numbers.includes(number))
  const error = body.phoneNumbers.filter(fails).map((phoneNumber) => ({
    phoneNumber,
    code: failing?.code ?? '',
    message: 'Not stored',
  }))
  const stored = body.phoneNumbers.filter((number) => !fails(number))
  const expiresAt = body.expires === null ? null : new Date(body.expires).toISOString()
  const about = { expiresAt, reason: body.reason, by: 'api' } as const
  const tallies = state.dncLists.put(list, 'phone', stored, about)
  if (tallies.created > 0) state.pushes.entriesCreated(list.id, tallies.created)
  const lie = state.faults.pick(['dnc-tallies-lie'], call)
  return { ...tallies, created: tallies.created + (lie?.by ?? 0), error }
}

const add = (state: SandboxState, call: Call): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  const key = call.headers['idempotency-key']
  if (typeof key !== 'string' || key === '')
    throw new Refusal(400, 'idempotency.key.missing', 'Idempotency-Key is needed.')
  const parsed = bodySchema.safeParse(call.body)
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'invalid.body', `The body is not valid at ${path}.`)
  }
  const body = parsed.data
  const fingerprint = sha256Hex(canonicalJson(body))
  const kept = keptAnswer(state, call, list, key, fingerprint)
  if (kept) return kept
  if (body.phoneNumbers.length > MOST_ENTRIES) {
    throw new Refusal(413, 'too.many.entries', `At most ${MOST_ENTRIES} entries.`)
  }
  assertEntries(state, call, body)
  const answer = tallied(state, call, list, body)
  const busy = state.faults.pick(['dnc-in-progress'], call)
  const busyUntilMs = state.clock.monotonicMs() + (busy?.forMs ?? 0)
  list.keys.set(key, { fingerprint, busyUntilMs, answer })
  if (busy) inProgress()
  return { status: 200, body: answer }
}

/**
 * Limits how many writes run at the same time, over all lists. `dnc-slow` makes a write take
 * longer.
 */
const limited = (state: SandboxState, handle: (call: Call) => Answer): Endpoint['handle'] => {
  const { flight } = state.dncLists
  return (call) => {
    flight.now += 1
    flight.most = Math.max(flight.most, flight.now)
    const ends = (): void => {
      flight.now -= 1
    }
    const slow = state.faults.pick(['dnc-slow'], call)
    try {
      if (flight.now > MOST_WRITES) {
        throw new Refusal(429, 'too.many.dnc.writes', `At most ${MOST_WRITES} writes at a time.`, {
          headers: { 'retry-after': '1' },
        })
      }
      const answer = handle(call)
      if (slow) return { ...answer, ready: state.clock.sleep(slow.delayMs).then(ends) }
      ends()
      return answer
    } catch (error) {
      ends()
      throw error
    }
  }
}

/** Entries of DNC lists in the guide dialect. For a list that does not exist, the answer is 404. */
export const guideDncEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'POST',
    path: '/api/v2/outbound/dnclists/:listId/entries',
    operation: 'dnc-write',
    dialect: 'guide',
    handle: limited(state, (call) => add(state, call)),
  },
]
