import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import type { DncKind, StoredDncList } from '../state/do-not-call/dnc-lists.ts'
import { pageAnswer } from './paging.ts'
import {
  assertDncEntity,
  describeDncList,
  DNC_BASE,
  dncEntityOf,
  membersOfDnc,
} from './platform-dnc-entity.ts'
import { refuse } from './platform-list-rules.ts'

/** The published limit of expiries in days [platform-api: 2.7]. */
const MOST_DAYS = 180
const DAY_MS = 86_400_000
/**
 * A time in UTC, to the minute. A call with a time of any other form is refused. In an imported
 * file, a time of any other form silently means no expiry.
 */
const MINUTE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})Z$/

/** The path and the body member of each kind. Two kinds have no POST. */
const KINDS: Record<DncKind, { path: string; member: string; posts: boolean }> = {
  phone: { path: 'phonenumbers', member: 'phoneNumbers', posts: true },
  email: { path: 'emailaddresses', member: 'emailAddresses', posts: true },
  customExclusion: {
    path: 'customexclusioncolumns',
    member: 'customExclusionColumnEntries',
    posts: false,
  },
  whatsApp: { path: 'whatsappnumbers', member: 'whatsAppNumbers', posts: false },
}

/**
 * Reads the expiry of a call, and returns it as ISO 8601. null: the call names none. Throws a 400
 * refusal if the expiry has another form, is past, or is more than 180 days ahead.
 */
export const expiryOf = (state: SandboxState, text: string | undefined): string | null => {
  if (text === undefined) return null
  const parts = MINUTE.exec(text)
  const at = parts ? new Date(`${text.slice(0, -1)}:00.000Z`) : new Date(Number.NaN)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 16) !== text.slice(0, 16)) {
    return refuse('invalid.date.value', 'The expiry is not of the form yyyy-MM-ddTHH:mmZ.')
  }
  const aheadMs = at.getTime() - state.clock.now().getTime()
  if (aheadMs <= 0) refuse('invalid.date.value', 'The expiry is past.')
  if (aheadMs > MOST_DAYS * DAY_MS) refuse('invalid.date.value', 'At most 180 days ahead.')
  return at.toISOString()
}

const assertInternal = ({ dncSourceType }: StoredDncList, kind: DncKind): void => {
  const holds = kind === 'customExclusion' ? 'rds_custom' : 'rds'
  if (dncSourceType !== holds) {
    refuse('dnc.source.operation.not.supported', 'Lists of this source take no such entries.')
  }
}

const assertRoom = (
  state: SandboxState,
  call: Call,
  list: StoredDncList,
  kind: DncKind,
  values: readonly string[],
): void => {
  const room = state.faults.pick(['dnc-capacity'], call)?.entries ?? Infinity
  const added = values.filter((value) => !list.entries[kind].has(value)).length
  if (list.entries[kind].size + added > room) {
    refuse('dnc.phone.numbers.per.list.limit.exceeded', 'The list is full.')
  }
}

const valuesSchema = z.array(z.string().min(1)).min(1)

const post = (state: SandboxState, call: Call, kind: DncKind): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  assertInternal(list, kind)
  const parsed = valuesSchema.safeParse(call.body)
  if (!parsed.success) return refuse('constraint.validation', 'An array of strings is needed.')
  if (kind === 'email' && call.query['expirationDateTime'] !== undefined) {
    return refuse('constraint.validation', 'Addresses that are added so have no expiry.')
  }
  const expiresAt = expiryOf(state, call.query['expirationDateTime'])
  assertRoom(state, call, list, kind, parsed.data)
  state.dncLists.put(list, kind, parsed.data, { expiresAt, reason: null, by: 'api' })
  return { status: kind === 'email' ? 202 : 200 }
}

const patch = (state: SandboxState, call: Call, kind: DncKind): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  assertInternal(list, kind)
  const schema = z.strictObject({
    action: z.enum(['Add', 'Remove']),
    [KINDS[kind].member]: valuesSchema,
    expirationDateTime: z.string().optional(),
  })
  const parsed = schema.safeParse(call.body)
  if (!parsed.success) return refuse('constraint.validation', 'The body is not valid.')
  const { action, expirationDateTime } = parsed.data as {
    action: 'Add' | 'Remove'
    expirationDateTime?: string
  }
  const values = (parsed.data as Record<string, unknown>)[KINDS[kind].member] as string[]
  if (action === 'Remove') {
    state.dncLists.take(list, kind, values)
    return { status: 204 }
  }
  const expiresAt = expiryOf(state, expirationDateTime)
  assertRoom(state, call, list, kind, values)
  state.dncLists.put(list, kind, values, { expiresAt, reason: null, by: 'api' })
  return { status: 204 }
}

const empty = (state: SandboxState, call: Call, kind: DncKind): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  assertInternal(list, kind)
  state.dncLists.empty(list, kind, call.query['expiredOnly'] === 'true')
  return { status: 204 }
}

const create = (state: SandboxState, call: Call): Answer => {
  const entity = dncEntityOf(call.body)
  assertDncEntity(state, entity, null)
  const list = state.dncLists.add({ id: '', ...membersOfDnc(entity) })
  return { status: 200, body: describeDncList(state, list, call.query) }
}

const change = (state: SandboxState, call: Call): Answer => {
  const list = state.dncLists.get(call.listId ?? '')
  const entity = dncEntityOf(call.body)
  if (entity.version !== list.version) {
    refuse('invalid.update.wrong.version', 'The version does not match.', 409)
  }
  assertDncEntity(state, entity, list)
  Object.assign(list, membersOfDnc(entity), {
    version: list.version + 1,
    dateModified: state.clock.now().toISOString(),
  })
  return { status: 200, body: describeDncList(state, list, call.query) }
}

const entryEndpoints = (state: SandboxState, kind: DncKind): Endpoint[] => {
  const { path, posts } = KINDS[kind]
  const at = `${DNC_BASE}/:listId/${path}`
  const add = platformEndpoint('POST', at, 'dnc-write', (call) => post(state, call, kind))
  return [
    ...(posts ? [add] : []),
    platformEndpoint('PATCH', at, 'dnc-write', (call) => patch(state, call, kind)),
    platformEndpoint('DELETE', at, 'dnc-write', (call) => empty(state, call, kind)),
  ]
}

/** DNC lists of the platform dialect and their entries. */
export const platformDncEndpoints = (state: SandboxState): Endpoint[] => [
  platformEndpoint('GET', DNC_BASE, 'dnc-lists', (call) =>
    pageAnswer(call, { path: DNC_BASE, entities: state.dncLists.all() }, (list) =>
      describeDncList(state, list, call.query),
    ),
  ),
  platformEndpoint('POST', DNC_BASE, 'dnc-lists', (call) => create(state, call)),
  platformEndpoint('GET', `${DNC_BASE}/:listId`, 'dnc-lists', (call) => ({
    status: 200,
    body: describeDncList(state, state.dncLists.get(call.listId ?? ''), call.query),
  })),
  platformEndpoint('PUT', `${DNC_BASE}/:listId`, 'dnc-lists', (call) => change(state, call)),
  platformEndpoint('DELETE', `${DNC_BASE}/:listId`, 'dnc-lists', (call) => {
    state.dncLists.remove(state.dncLists.get(call.listId ?? '').id)
    return { status: 204 }
  }),
  ...entryEndpoints(state, 'phone'),
  ...entryEndpoints(state, 'email'),
  ...entryEndpoints(state, 'customExclusion'),
  ...entryEndpoints(state, 'whatsApp'),
]
