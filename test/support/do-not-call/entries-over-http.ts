import assert from 'node:assert/strict'

import type { z } from 'zod'

import type {
  ledgerEntrySchema,
  submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { submissionSchema as shape } from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { stageOfSuite } from '../stages/suite-stage.ts'

export type Submission = z.output<typeof submissionSchema>
export type Problem = { code: string; columns?: string[]; options?: string[] }
type Entry = z.output<typeof ledgerEntrySchema>

const LIST = 'dnc-list-1'
export const ENTRIES_PATH = `/v1/dnc-lists/${LIST}/entries`
export const NUMBER = '+14155552671'

/** A separate gateway, to which entries are submitted over HTTP. */
export const entriesOfSuite = () => {
  const { gateway } = stageOfSuite('guide', () => ({
    DNC_REASONS: 'litigator=REGULATORY,optout=CUSTOMER_REQUEST',
    MAX_UPLOAD_ROWS: '100000',
  }))

  let calls = 0

  const send = (
    body: unknown,
    {
      type = 'application/json',
      query = '',
      key = `key-${(calls += 1)}`,
      path = ENTRIES_PATH,
    } = {},
  ) =>
    gateway().client.call<Submission & Problem>(`${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': type, 'idempotency-key': key },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })

  const csv = (body: string, query = '') => send(body, { type: 'text/csv', query })

  const accepted = async (answer: ReturnType<typeof send>): Promise<Submission> => {
    const { status, body, text, headers } = await answer
    assert.equal(status, 202, text)
    assert.ok(shape.safeParse(body).success, text)
    assert.equal(headers.get('location'), `/v1/dnc-submissions/${body.id}`)
    const { counts } = body
    const { read, rejected, quarantined, duplicates, blank } = counts
    assert.equal(read, counts.accepted + rejected + quarantined + duplicates + blank)
    return body
  }

  const ledger = async ({ id }: Submission, query = ''): Promise<Entry[]> => {
    const { body } = await gateway().client.call<{ items: Entry[] }>(
      `/v1/dnc-submissions/${id}/entries?limit=500${query}`,
    )
    return body.items
  }

  const listed = async (): Promise<number> => {
    const { body } = await gateway().client.call<{ items: unknown[] }>(
      '/v1/dnc-submissions?limit=100',
    )
    return body.items.length
  }

  return { gateway, send, csv, accepted, ledger, listed }
}
