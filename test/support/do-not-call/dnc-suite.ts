import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'

import type { z } from 'zod'

import type {
  searchAnswerSchema,
  submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import type { SandboxOptions } from '../../../src/sandbox/server/start-sandbox.ts'
import { embeddedHome } from '../databases/database.ts'
import { type Dialect, type RunningGateway, setStage, type Stage } from '../stages/stage.ts'
import { reachSubmission } from './reach-submission.ts'

export type Submission = z.output<typeof submissionSchema>
type Searched = z.output<typeof searchAnswerSchema>
type Problem = { code: string; scope?: string; columns?: string[] }

const search = async (
  { client }: RunningGateway,
  list: string,
  people: object,
): Promise<Searched['items']> => {
  const { body } = await client.call<Searched>(`/v1/dnc-lists/${list}/entries/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(people),
  })
  return body.items
}

/**
 * A gateway and a Genesys of one dialect for the tests of one suite. Each test gets a new DNC list,
 * without faults.
 */
export const dncSuite = (dialect: Dialect, options: Partial<SandboxOptions> = {}) => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let list: string
  let lists = 0
  before(async () => {
    stage = await setStage(await home.fresh(), dialect, options)
    gateway = await stage.gateway()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })
  beforeEach(() => {
    list = `dnc-${(lists += 1)}`
    stage.sandbox.setFaults([])
    stage.sandbox.makeDncList({ id: list, name: list })
  })

  /** `path`: the path below the list. `body`: a text is CSV, and null is no body. */
  const post = (path: string, body: unknown, key: string = crypto.randomUUID()) => {
    const type = typeof body === 'string' ? 'text/csv' : 'application/json'
    return gateway.client.call<Submission & Problem>(`/v1/dnc-lists/${list}/${path}`, {
      method: 'POST',
      headers: { 'idempotency-key': key, ...(body === null ? {} : { 'content-type': type }) },
      ...(body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }
  return {
    get stage() {
      return stage
    },
    get gateway() {
      return gateway
    },
    get list() {
      return list
    },
    /** From here on, the test is about another list. */
    useList: (id: string): void => {
      list = id
    },
    post,
    /** Like `post`, for a call that must be answered with 202. */
    submit: async (...call: Parameters<typeof post>): Promise<Submission> => {
      const { status, body, text } = await post(...call)
      assert.equal(status, 202, text)
      return body
    },
    /** The submission, once it is in one of these states. */
    reach: (id: string, ...states: Submission['state'][]): Promise<Submission> =>
      reachSubmission(gateway, id, ...states),
    /** What the list has about each of these people. */
    search: (...phoneNumbers: string[]) => search(gateway, list, { phoneNumbers }),
    searchEmail: (email: string) => search(gateway, list, { emails: [email] }),
  }
}
