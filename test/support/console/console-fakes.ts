import type { FastifyInstance } from 'fastify'

import { registerConsole } from '../../../src/console/console.ts'
import type { ConsoleDeps } from '../../../src/console/frame/deps.ts'
import type { TableEntry } from '../../../src/console/frame/page.ts'
import { createSignInLink } from '../../../src/console/frame/sign-in-link.ts'
import type { Scope } from '../../../src/domain/access/access.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { createKeyFailures } from '../../../src/http/server/key-failures.ts'
import { readPageForm } from '../../../src/http/submissions/read-page-form.ts'
import { takeSubmissions } from '../../../src/http/submissions/submission-scope.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'
import { createValidation } from '../../../src/intake/rows/validation.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Visitor } from '../../../src/workflows/access/console-sessions.ts'
import type { Overview } from '../../../src/workflows/operations/read-overview.ts'
import { startFakeServer } from '../gateway/http-fakes.ts'

export const CONSOLE_KEY = 'ogw_console-key-012345678901234567890'
export const LINK_KEY = Buffer.alloc(32, 9)

const BODIES = { clock: systemClock, limits: { maxUploadBytes: 1024 * 1024 } }

const VALIDATION = createValidation(
  { defaultRegion: 'US', contactIdPattern: /./ },
  createNormalisations(),
)

export const quietOverview = (): Overview => ({
  checks: {} as Overview['checks'],
  pace: { requestsPerMinute: 900, configuredPerMinute: 900, usedLastMinute: 0, waiting: {} },
  held: null,
  heldSubmissions: null,
  byHand: null,
  failingEndpoints: null,
  work: null,
  lastHour: null,
})

/**
 * The server over fakes, with the console. It has a key that can sign in, and keeps sessions in
 * memory.
 */
export const startFakeConsole = async (
  about: {
    scopes?: Scope[]
    table?: readonly TableEntry[]
    deps?: Partial<ConsoleDeps>
    trustProxy?: string[]
  } = {},
) => {
  const sessions = new Map<string, Visitor>()
  const askedBy: ('person' | 'page')[] = []
  const { scopes = ['admin'], table } = about
  const link = createSignInLink({
    random: (size) => new Uint8Array(size).fill(1),
    keyDigest: LINK_KEY,
  })
  const own: Omit<
    ConsoleDeps,
    'problemFor' | keyof Awaited<ReturnType<typeof startFakeServer>>['deps']
  > = {
    sessions: {
      begin: async (digest) => {
        if (!digest.equals(sha256(CONSOLE_KEY)) && !digest.equals(LINK_KEY)) return null
        const token = `token-of-a-session-${sessions.size}-0123456789`
        sessions.set(token, { sessionId: 'ses_1', keyId: 'key_1', tenantId: 'default', scopes })
        return { token }
      },
      find: async (token, by) => {
        askedBy.push(by)
        return sessions.get(token) ?? null
      },
      end: async (token) => void sessions.delete(token),
    },
    keyFailures: createKeyFailures({ clock: systemClock, perMinute: 3 }),
    signInLink: link,
    readOverview: async () => quietOverview(),
    judgeContacts: VALIDATION.contacts,
    judgeEntries: VALIDATION.entries,
    describeFile: async () => {
      throw new GatewayProblem('genesys-unavailable', 'There is no Genesys behind fakes.')
    },
    controlUploads: async () => ({
      done: 2,
      skipped: 1,
      why: { 'state-conflict': 1 },
      next: null,
    }),
    searchRows: {
      list: async () => ({ rows: [], nextLine: null, cutShort: false }),
      ofContact: async () => ({ rows: [], nextLine: null, cutShort: false }),
    },
    findContactSubjects: async () => [],
    findContactUploads: async () => [],
    revealCells: async ({ rows }) => rows,
    fixRows: async () => ({ kind: 'faulty', rows: [] }),
    takeFiles: (scope) => takeSubmissions(scope, BODIES),
    readFileForm: (request) => readPageForm(BODIES, request),
    registryAgeDays: () => 31,
    keyCallsPerMinute: 6_000,
    simulated: true,
    dialect: 'guide',
  }
  const fakes = await startFakeServer({
    ...(about.trustProxy && { trustProxy: about.trustProxy }),
    pages: (app: FastifyInstance, problemFor) =>
      registerConsole(
        app,
        { hasRoom: () => true, ...fakesDeps(), ...own, problemFor, ...about.deps } as ConsoleDeps,
        table,
      ),
  })
  function fakesDeps(): object {
    return { publicUrl: null, clock: systemClock }
  }
  const signIn = async (): Promise<string> => {
    const answer = await post(fakes.app, '/console/sign-in', { key: CONSOLE_KEY })
    return String(answer.headers['set-cookie']).split(';', 1)[0]!
  }
  return { ...fakes, link, sessions, askedBy, signIn }
}

/** Sends a form as a browser does from a page of the console. */
export const post = (
  app: FastifyInstance,
  url: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) =>
  app.inject({
    method: 'POST',
    url,
    headers: {
      origin: 'http://localhost:80',
      host: 'localhost:80',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    payload: new URLSearchParams(fields).toString(),
  })
