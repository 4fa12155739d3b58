import { Readable } from 'node:stream'

import { cursorUnreadable } from '../../server/cursor.ts'
import type { AddRoute } from '../../server/route.ts'
import { prefers } from '../../submissions/preferred-type.ts'
import { CHAIN_EXAMPLES, ENTRIES_EXAMPLES, VERIFICATION_EXAMPLES } from './audit-examples.ts'
import {
  auditEntriesSchema,
  auditQuerySchema,
  exportQuerySchema,
  verificationQuerySchema,
  verificationSchema,
} from './audit-schemas.ts'

const of = { access: { scope: 'audit' }, tag: 'audit', method: 'GET' } as const
const NDJSON = 'application/x-ndjson'
const ENTRIES = '/v1/audit-entries'

/** The entries as lines of JSON. Reads them no faster than the caller takes them. */
const linesOf = (batches: AsyncGenerator<readonly object[], void>): Readable => {
  const text = async function* (): AsyncGenerator<string> {
    for await (const batch of batches) {
      yield batch.map((line) => `${JSON.stringify(line)}\n`).join('')
    }
  }
  return Readable.from(text(), { objectMode: false })
}

/** The members that the caller sent in a query. */
const given = <T extends object>(query: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never

const registerList = (add: AddRoute): void => {
  add({
    ...of,
    url: ENTRIES,
    // With a HEAD route, a HEAD would read every entry only to discard it.
    exposeHeadRoute: false,
    id: 'listAuditEntries',
    summary:
      'Read entries of the audit trail. With `from` or `to`, the entries are in the order of their times, otherwise in the order of the chain. An admin sees the entries of all tenants',
    query: auditQuerySchema,
    answers: {
      200: {
        about:
          'A page of entries. Even if `next` is not null, a page can have fewer entries than `limit`, or no entries. If Accept is application/x-ndjson: all entries that match, without pages',
        schema: auditEntriesSchema,
        mediaTypes: ['application/json', NDJSON],
        headers: ['Vary'],
      },
    },
    problems: [],
    examples: ENTRIES_EXAMPLES,
    handler: async (request, reply, { audit, refuse }) => {
      const { limit, cursor = null, ...query } = request.query
      reply.header('vary', 'Accept')
      if (prefers(request, [NDJSON], ['application/json'])) {
        reply.header('content-type', NDJSON)
        return reply.send(linesOf(audit.all(request.caller!, given(query))))
      }
      const page = await audit.list(request.caller!, given(query), { limit, cursor })
      if (page === null) throw cursorUnreadable(refuse)
      return page
    },
  })
}

/**
 * /v1/audit-entries: the audit trail, its chain for an external verifier, and the gateway's own
 * check of the chain.
 */
export const registerAuditEntries = (add: AddRoute): void => {
  registerList(add)
  add({
    ...of,
    url: `${ENTRIES}/export`,
    exposeHeadRoute: false,
    id: 'exportAuditEntries',
    summary:
      'Export blocks and entries for npm run audit:verify. An admin gets the entries of all tenants. Other callers get the entries of their tenant, and only the hashes of entries of other tenants',
    query: exportQuerySchema,
    answers: { 200: { about: 'NDJSON', mediaTypes: [NDJSON] } },
    problems: [],
    examples: CHAIN_EXAMPLES,
    handler: async ({ caller, query }, reply, { audit }) => {
      const lines = await audit.lines(caller!, query.fromBlock ?? null)
      reply.header('content-type', NDJSON)
      return reply.send(linesOf(lines))
    },
  })
  add({
    ...of,
    url: `${ENTRIES}/verification`,
    id: 'verifyAuditEntries',
    summary: 'Verify the newest blocks of the chain, or the blocks from a given block on',
    query: verificationQuerySchema,
    answers: { 200: { about: 'The result, with at most 100 faults', schema: verificationSchema } },
    problems: [],
    examples: VERIFICATION_EXAMPLES,
    handler: async ({ query }, _reply, { audit, refuse }) => {
      const { fromBlock = null, blocks, headBlock, headHash } = query
      // Half a head can be compared with nothing. The verdict would look as if it agreed.
      if ((headBlock === undefined) !== (headHash === undefined)) {
        const parameters = ['headBlock', 'headHash']
        throw refuse('parameter-invalid', 'Send headBlock and headHash together.', { parameters })
      }
      const head =
        headBlock === undefined || headHash === undefined
          ? null
          : { block: headBlock, hash: headHash }
      return audit.verify({ fromBlock, blocks, head })
    },
  })
}
