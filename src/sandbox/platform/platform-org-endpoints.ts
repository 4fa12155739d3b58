import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import { type Division, HOME_DIVISION } from '../state/named-entities.ts'
import { pageAnswer } from './paging.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import { refuse } from './platform-list-rules.ts'

const DIVISIONS = '/api/v2/authorization/divisions'
const ATTEMPT_LIMITS = '/api/v2/outbound/attemptlimits'
const LIMITS = '/api/v2/organizations/limits/namespaces/:namespace'

const parsed = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const path = result.error.issues[0]?.path.join('.') ?? ''
  return refuse('bad.request', `The request body is not valid at ${path}.`)
}

const describeDivision = (division: Division) => ({
  ...division,
  selfUri: `${DIVISIONS}/${division.id}`,
})

const divisionSchema = z.object({ name: z.string().min(1), description: z.string().default('') })

const addDivision = (state: SandboxState, call: Call): Answer => {
  const made = parsed(divisionSchema, call.body)
  if (state.divisions.all().some(({ name }) => name === made.name)) {
    refuse('duplicate.name', 'The name already exists.')
  }
  const division = state.divisions.add({ ...made, id: randomUUID(), homeDivision: false })
  return { status: 200, body: describeDivision(division) }
}

const attemptLimitsSchema = z.object({
  name: z.string().min(1),
  maxAttemptsPerContact: z.int().positive().optional(),
  maxAttemptsPerNumber: z.int().positive().optional(),
  timeZoneId: z.string().optional(),
  resetPeriod: z.string().default('NEVER'),
  recallEntries: z.record(z.string(), z.unknown()).default({}),
})

const addAttemptLimits = (state: SandboxState, call: Call): Answer => {
  const made = parsed(attemptLimitsSchema, call.body)
  const now = state.clock.now().toISOString()
  const stamps = { id: randomUUID(), dateCreated: now, dateModified: now, version: 1 }
  return { status: 200, body: state.attemptLimits.add({ ...stamps, ...made }) }
}

/** The limits of an org. The fault plan may replace the default number of contacts. */
const limits = (namespace: string, contactsPerList: number): Answer => ({
  status: 200,
  body: {
    entities:
      namespace === 'outbound'
        ? Object.entries({
            'contact.lists.max': PLATFORM_LIMITS.lists,
            'contact.list.columns.max': PLATFORM_LIMITS.columns,
            'contact.list.contacts.max': contactsPerList,
            'contacts.per.request.max': PLATFORM_LIMITS.contactsPerRequest,
          }).map(([key, value]) => ({ key, namespace, value }))
        : [],
  },
})

/** Endpoints for an organisation's limits, divisions and attempt limits. */
export const platformOrgEndpoints = (state: SandboxState): Endpoint[] => [
  platformEndpoint('GET', LIMITS, 'limits', ({ params }) => {
    const capacity = state.faults.listCapacity(null) ?? PLATFORM_LIMITS.contactsPerList
    return limits(params['namespace'] ?? '', capacity)
  }),
  platformEndpoint('GET', `${LIMITS}/defaults`, 'limits', ({ params }) =>
    limits(params['namespace'] ?? '', PLATFORM_LIMITS.contactsPerList),
  ),
  platformEndpoint('GET', DIVISIONS, 'divisions', (call) =>
    pageAnswer(call, { path: DIVISIONS, entities: state.divisions.all() }, describeDivision),
  ),
  platformEndpoint('POST', DIVISIONS, 'divisions', (call) => addDivision(state, call)),
  platformEndpoint('GET', `${DIVISIONS}/home`, 'divisions', () => ({
    status: 200,
    body: describeDivision(HOME_DIVISION),
  })),
  platformEndpoint('GET', `${DIVISIONS}/:id`, 'divisions', ({ params }) => ({
    status: 200,
    body: describeDivision(state.divisions.get(params['id'] ?? '')),
  })),
  platformEndpoint('GET', ATTEMPT_LIMITS, 'attempt-limits', (call) =>
    pageAnswer(
      call,
      { path: ATTEMPT_LIMITS, entities: state.attemptLimits.all() },
      (found) => found,
    ),
  ),
  platformEndpoint('POST', ATTEMPT_LIMITS, 'attempt-limits', (call) =>
    addAttemptLimits(state, call),
  ),
  platformEndpoint('GET', `${ATTEMPT_LIMITS}/:id`, 'attempt-limits', ({ params }) => ({
    status: 200,
    body: state.attemptLimits.get(params['id'] ?? ''),
  })),
]
