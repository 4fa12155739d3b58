import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { COLUMN_KINDS } from '../../domain/contact-lists/contact-list.ts'
import { faultPlanSchema } from '../faults/fault-plan.ts'
import { noteCalls } from '../state/dialled-calls.ts'
import { fieldsOf, type SandboxList } from '../state/list-store.ts'
import type { SandboxState } from './endpoint.ts'
import { Refusal } from './refusal.ts'

const listSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  columns: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        kind: z.enum(COLUMN_KINDS).default('text'),
        required: z.boolean().default(false),
      }),
    )
    .min(1),
  status: z.enum(['READY', 'PROCESSING', 'ERROR']).default('READY'),
})
const callsSchema = z.strictObject({
  contactIds: z.array(z.string()).min(1),
  column: z.string().min(1),
  result: z.string().min(1),
  wrapup: z.string().optional(),
})
const ledgerQuery = z.strictObject({
  listId: z.string().optional(),
  contacts: z.enum(['true', 'false']).optional(),
})
const pageQuery = z.strictObject({
  cursor: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
})

const parsed = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new Refusal(400, 'sandbox.request.invalid', `${issue?.path.join('.')}: ${issue?.message}`)
}

/**
 * The sandbox's own calls under `/_sandbox`, for tests, the demo and exploring. They need no token
 * and do not count towards a limit.
 */
export const registerControlRoutes = (
  app: FastifyInstance,
  state: SandboxState,
  actions: { makeList(list: SandboxList): SandboxList; reset(): void },
): void => {
  app.addHook('onRequest', async () => state.effects.settleDue())
  app.get('/_sandbox/requests', () => ({ requests: state.requests.recent() }))
  app.get('/_sandbox/ledger', (request) => {
    const query = parsed(ledgerQuery, request.query)
    return state.book.report({
      contacts: query.contacts === 'true',
      ...(query.listId === undefined ? {} : { listId: query.listId }),
    })
  })
  const plan = () => ({ seed: state.faults.seed(), rules: state.faults.rules() })
  app.get('/_sandbox/faults', plan)
  app.post('/_sandbox/faults', (request) => {
    state.faults.set(parsed(faultPlanSchema, request.body))
    return plan()
  })
  app.post('/_sandbox/lists', (request, reply) =>
    reply.code(201).send(actions.makeList(parsed(listSchema, request.body))),
  )
  app.get('/_sandbox/lists/:listId/contacts', (request) => {
    const { listId } = request.params as { listId: string }
    const { cursor, limit } = parsed(pageQuery, request.query)
    const list = state.lists.get(listId)
    const { contacts, next } = list.contacts.page(cursor, limit)
    return {
      contacts: contacts.map(({ contactId, cells, writes, revision }) => ({
        contactId,
        fields: fieldsOf(list, cells),
        writes,
        revision,
      })),
      next,
    }
  })
  app.post('/_sandbox/lists/:listId/calls', (request, reply) => {
    const { listId } = request.params as { listId: string }
    noteCalls(state, listId, parsed(callsSchema, request.body))
    return reply.code(204).send()
  })
  app.post('/_sandbox/reset', (_request, reply) => {
    actions.reset()
    return reply.code(204).send()
  })
}
