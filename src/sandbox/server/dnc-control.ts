import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { DNC_KINDS, type DncEntry, type DncKind } from '../state/do-not-call/dnc-lists.ts'
import type { SandboxState } from './endpoint.ts'
import { Refusal } from './refusal.ts'

export type DncReport = {
  id: string
  name: string
  /**
   * `writes`: how many write requests to this list took effect. `mostAtOnce`: the highest number of
   * writes that were open at the same time in the guide dialect, over all lists. Refused writes
   * count too.
   */
  writes: number
  mostAtOnce: number
  entries: Record<DncKind, Record<string, DncEntry>>
}

/** What a DNC list of the sandbox really holds. Throws a 404 refusal. */
export const reportOfDncList = (state: SandboxState, id: string): DncReport => {
  state.effects.settleDue()
  const { name, writes, entries } = state.dncLists.get(id)
  return {
    id,
    name,
    writes,
    mostAtOnce: state.dncLists.flight.most,
    entries: Object.fromEntries(
      DNC_KINDS.map((kind) => [kind, Object.fromEntries(entries[kind])]),
    ) as DncReport['entries'],
  }
}

const listSchema = z.strictObject({ id: z.string().min(1), name: z.string().min(1) })
const agentSchema = z.strictObject({
  kind: z.enum(DNC_KINDS).default('phone'),
  add: z.array(z.string().min(1)).default([]),
  remove: z.array(z.string().min(1)).default([]),
})
export type AgentChange = z.input<typeof agentSchema>

/** Changes a list as an agent inside Genesys does, without the API. */
export const changeAsAgent = (state: SandboxState, id: string, change: AgentChange): void => {
  const { kind, add, remove } = agentSchema.parse(change)
  const list = state.dncLists.get(id)
  if (add.length > 0) {
    const about = { expiresAt: null, reason: null, by: 'agent' } as const
    const { created } = state.dncLists.put(list, kind, add, about)
    if (created > 0) state.pushes.entriesCreated(id, created)
  }
  if (remove.length > 0) state.dncLists.take(list, kind, remove)
}

const parsed = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new Refusal(400, 'sandbox.request.invalid', `${issue?.path.join('.')}: ${issue?.message}`)
}

/** The sandbox's own calls about DNC lists, under `/_sandbox`. */
export const registerDncControl = (app: FastifyInstance, state: SandboxState): void => {
  const idOf = (params: unknown): string => (params as { dncListId: string }).dncListId
  app.post('/_sandbox/dnc-lists', (request, reply) => {
    const list = parsed(listSchema, request.body)
    state.dncLists.add(list)
    return reply.code(201).send(list)
  })
  app.get('/_sandbox/dnc-lists/:dncListId', (request) =>
    reportOfDncList(state, idOf(request.params)),
  )
  app.post('/_sandbox/dnc-lists/:dncListId/agent', (request, reply) => {
    changeAsAgent(state, idOf(request.params), parsed(agentSchema, request.body))
    return reply.code(204).send()
  })
}
