import { Readable } from 'node:stream'

import { cursorUnreadable } from '../../server/cursor.ts'
import type { AddRoute } from '../../server/route.ts'
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

/** As fast as the caller reads it. */
const linesOf = (batches: AsyncGenerator<readonly object[], void>): Readable => {
  const text = async function* (): AsyncGenerator<string> {
    for await (const batch of batches) {
      yield batch.map((line) => `${JSON.stringify(line)}\n`).join('')
    }
  }
  return Readable.from(text(), { objectMode: false })
}

/** Query members that are there. */
const given = <T extends object>(query: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never

const registerList = (add: AddRoute): void => {
  add({
    ...of,
    url: ENTRIES,
    // A HEAD of the lines would read every entry only to drop it.
    exposeHeadRoute: false,
    id: 'listAuditEntries',
    summary: 'Entries of the audit trail in the order of the chain. An admin sees all tenants',
    query: auditQuerySchema,
    answers: {
      200: {
        about: 'A page of entries, or all as NDJSON if Accept asks for it',
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
      if ((request.headers.accept ?? '').toLowerCase().includes(NDJSON)) {
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
 * /v1/audit-entries: the trail, its chain for a separate verifier, and the gateway's own verdict.
 */
export const registerAuditEntries = (add: AddRoute): void => {
  registerList(add)
  add({
    ...of,
    url: `${ENTRIES}/export`,
    exposeHeadRoute: false,
    id: 'exportAuditEntries',
    summary: 'Blocks and entries for npm run audit:verify. For other tenants, only the hashes',
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
    summary: 'Verify the chain: the newest blocks, or those from a given block',
    query: verificationQuerySchema,
    answers: { 200: { about: 'The result, with at most 100 faults', schema: verificationSchema } },
    problems: [],
    examples: VERIFICATION_EXAMPLES,
    handler: async ({ query }, _reply, { audit }) => {
      const { fromBlock = null, blocks, headBlock, headHash } = query
      const head =
        headBlock === undefined || headHash === undefined
          ? null
          : { block: headBlock, hash: headHash }
      return audit.verify({ fromBlock, blocks, head })
    },
  })
}
