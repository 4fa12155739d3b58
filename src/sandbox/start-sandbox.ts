import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance } from 'fastify'

import type { Clock } from '../lib/clock.ts'
import { seededRandom } from '../lib/seeded-random.ts'
import { createActivityBook } from './activity-book.ts'
import { registerControlRoutes } from './control-routes.ts'
import { DEMO_LISTS } from './demo-lists.ts'
import { BODY_LIMIT_BYTES, type SandboxState } from './endpoint.ts'
import { registerEndpoints } from './exchange.ts'
import { createFaultEngine, type FaultKind, type FaultPlan } from './fault-plan.ts'
import { guideCallbackEndpoints } from './guide-callback-endpoint.ts'
import { guideContactEndpoints } from './guide-contact-endpoints.ts'
import { guideListEndpoints } from './guide-list-endpoints.ts'
import { createIngestJobs } from './ingest-jobs.ts'
import { createLedgerBook, type Ledger } from './ledger.ts'
import { createListStore, fieldOf, fieldsOf, type SandboxList } from './list-store.ts'
import { platformContactEndpoints } from './platform-contact-endpoints.ts'
import { platformListEndpoints } from './platform-list-endpoints.ts'
import { createPushDesk } from './push-desk.ts'
import { createRateReferee } from './rate-referee.ts'
import { Refusal, refusalAnswer } from './refusal.ts'
import { createTokenDesk } from './token-desk.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export type SandboxOptions = {
  host: string
  /** 0 = any free one; the result's `url` names it. */
  port: number
  clientId: string
  clientSecret: string
  clock: Clock
  /** In [0, 1); decides rules with `probability`. Default: the same sequence at every start. */
  random?: () => number
  /** Calls a minute for each OAuth client; defaults 1000 (guides) and 300 (published). */
  limits?: { guideRequestsPerMinute?: number; platformRequestsPerMinute?: number }
  /** How long a guide job reports `processing`. Default 200. */
  jobDelayMs?: number
  /** How long a new or changed guide list is not indexed. Default 300 (guide 001). */
  provisioningLagMs?: number
  /** Default 3600. */
  tokenLifetimeSeconds?: number
  /** Besides the demo lists; the same id replaces one of them. */
  lists?: SandboxList[]
}

export type SandboxHandle = {
  url: string
  /** Breaks every open connection, held ones included. */
  close(): Promise<void>
  ledger(filter?: { listId?: string; contacts?: boolean }): Ledger
  /** Resolves when no callback or event is waiting to be sent or answered. */
  calledBack(): Promise<void>
  /** Replaces the fault plan; throws on an unknown kind or member. */
  setFaults(plan: FaultPlan): void
  /** Makes the list, or replaces the one with this id by an empty one. */
  makeList(list: SandboxList): SandboxList
  /** What a list really holds: fields by contact id. */
  contents(listId: string): Map<string, Record<string, string | null>>
  /** Forgets everything but the lists of the start, which are empty again; tokens live on. */
  reset(): void
}

const createState = (options: SandboxOptions): SandboxState => {
  const { clock } = options
  const lists = createListStore({ clock })
  const referee = createRateReferee({
    clock,
    limits: {
      guide: options.limits?.guideRequestsPerMinute ?? 1000,
      platform: options.limits?.platformRequestsPerMinute ?? 300,
    },
  })
  const now = (): Date => clock.now()
  const activity = createActivityBook({ now })
  const book = createLedgerBook({ lists, referee, activity, now })
  const faults = createFaultEngine({
    clock,
    random: options.random ?? seededRandom(1),
    fired: (kind: FaultKind) => book.faultFired(kind),
  })
  return {
    clock,
    lists,
    referee,
    book,
    tokens: createTokenDesk({
      clock,
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      lifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
    }),
    faults,
    activity,
    pushes: createPushDesk({ clock, faults, book: activity }),
    jobs: createIngestJobs({ clock, jobDelayMs: options.jobDelayMs ?? 200 }),
    provisioningLagMs: options.provisioningLagMs ?? 300,
  }
}

const createApp = (state: SandboxState): FastifyInstance => {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
  })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
  // The SDK sends `content-type: application/json` with calls that have no body.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) return done(null)
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(new Refusal(400, 'bad.request', 'The body is not JSON.'))
    }
  })
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(
            status,
            status === 413
              ? 'request.entity.too.large'
              : status < 500
                ? 'bad.request'
                : 'internal.server.error',
            status === 413 ? `Maximum bytes: ${BODY_LIMIT_BYTES}` : String(error),
          )
    const answer = refusalAnswer(refusal)
    state.book.answered(answer.status)
    return reply.code(answer.status).send(answer.body)
  })
  app.setNotFoundHandler((_request, reply) => {
    const answer = refusalAnswer(new Refusal(404, 'not.found', 'The sandbox has no such call.'))
    return reply.code(404).send(answer.body)
  })
  return app
}

/** Starts a simulated Genesys that speaks both dialects over real HTTP on one port. */
export const startSandbox = async (options: SandboxOptions): Promise<SandboxHandle> => {
  const state = createState(options)
  const makeList = (list: SandboxList): SandboxList => {
    state.lists.add({
      id: list.id,
      name: list.name,
      fields: list.columns.map(fieldOf),
      ...(list.status ? { status: list.status } : {}),
      lagMs: 0,
    })
    return list
  }
  const makeStartLists = (): void => {
    for (const list of [...DEMO_LISTS, ...(options.lists ?? [])]) makeList(list)
  }
  const reset = (): void => {
    state.lists.removeAll()
    state.book.reset()
    state.referee.reset()
    state.jobs.reset()
    state.pushes.reset()
    state.activity.reset()
    state.faults.set([])
    makeStartLists()
  }
  makeStartLists()

  const app = createApp(state)
  await app.register(multipart)
  registerEndpoints(app, state, [
    tokenEndpoint(state),
    ...guideListEndpoints(state),
    ...guideContactEndpoints(state),
    ...guideCallbackEndpoints(state),
    ...platformListEndpoints(state),
    ...platformContactEndpoints(state),
  ])
  registerControlRoutes(app, state, { makeList, reset })
  const url = await app.listen({ host: options.host, port: options.port })

  return {
    url,
    close: async () => {
      await state.pushes.close()
      app.server.closeAllConnections()
      await app.close()
    },
    ledger: (filter) => state.book.report(filter),
    calledBack: () => state.pushes.settled(),
    setFaults: (plan) => state.faults.set(plan),
    makeList,
    contents: (listId) => {
      const list = state.lists.get(listId)
      const { contacts } = list.contacts.page(0, Infinity)
      return new Map(contacts.map(({ contactId, cells }) => [contactId, fieldsOf(list, cells)]))
    },
    reset,
  }
}
