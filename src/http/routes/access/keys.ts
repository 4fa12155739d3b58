import type { IssuedKey } from '../../../domain/access/issued-key.ts'
import {
  CREATE_KEY_REFUSALS,
  FIND_ACCESS_REFUSALS,
  REVOKE_KEY_REFUSALS,
  ROTATE_KEY_REFUSALS,
} from '../../../workflows/access/refusals.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf } from '../../server/schemas.ts'
import {
  CREATE_KEY_EXAMPLES,
  GET_KEY_EXAMPLES,
  LIST_KEYS_EXAMPLES,
  REVOKE_KEY_EXAMPLES,
  ROTATE_KEY_EXAMPLES,
} from './access-examples.ts'
import {
  keyParamsSchema,
  keySchema,
  keysQuerySchema,
  newKeyAnswerSchema,
  newKeySchema,
  rotationSchema,
} from './access-schemas.ts'

const of = { access: { scope: 'admin' }, tag: 'access' } as const
const KEYS = '/v1/keys'
const KEY = `${KEYS}/:keyId`

const view = (key: IssuedKey) => ({
  id: key.id,
  tenantId: key.tenantId,
  name: key.name,
  prefix: key.prefix,
  scopes: key.scopes,
  source: key.source,
  createdAt: key.createdAt,
  expiresAt: key.expiresAt,
  revokedAt: key.revokedAt,
  lastUsedAt: key.lastUsedAt,
  replacedBy: key.replacedBy,
})

const created = {
  201: {
    about:
      'Store the key, because only this answer contains it. The gateway keeps only a digest of the key',
    schema: newKeyAnswerSchema,
    headers: ['Location'],
  },
} as const

const registerCollection = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: KEYS,
    id: 'createKey',
    summary: 'Make a key for a tenant. Only this answer contains the key',
    body: newKeySchema,
    answers: created,
    problems: CREATE_KEY_REFUSALS,
    examples: CREATE_KEY_EXAMPLES,
    handler: async ({ body, caller }, reply, { keys }) => {
      const { tenantId, name, scopes, expiresAt } = body
      const until = expiresAt === undefined ? null : new Date(expiresAt)
      const plan = { tenantId, name, scopes, expiresAt: until }
      const { issued, key } = await keys.create(caller!, plan)
      reply.code(201).header('location', `${KEYS}/${issued.id}`)
      return reply.send({ ...view(issued), key })
    },
  })
  add({
    ...of,
    method: 'GET',
    url: KEYS,
    id: 'listKeys',
    summary: 'List keys, newest first. The keys themselves are never shown',
    query: keysQuerySchema,
    answers: { 200: { about: 'A page of keys', schema: pageOf(keySchema) } },
    problems: FIND_ACCESS_REFUSALS,
    examples: LIST_KEYS_EXAMPLES,
    handler: async ({ query }, _reply, { keys, refuse }) => {
      const { limit, cursor = null, tenantId } = query
      const page = await keys.list({ limit, cursor, ...(tenantId !== undefined && { tenantId }) })
      if (page === null) throw cursorUnreadable(refuse)
      return { items: page.items.map(view), next: page.next }
    },
  })
}

/** /v1/keys: the keys with which tenants call the gateway. */
export const registerKeys = (add: AddRoute): void => {
  const one = { ...of, url: KEY, params: keyParamsSchema } as const
  registerCollection(add)
  add({
    ...one,
    method: 'GET',
    id: 'getKey',
    summary: 'Read a key: its scopes, and when it was last used',
    answers: {
      200: {
        about: 'The properties of the key. The answer does not contain the key itself',
        schema: keySchema,
      },
    },
    problems: FIND_ACCESS_REFUSALS,
    examples: GET_KEY_EXAMPLES,
    handler: async ({ params }, _reply, { keys }) => view(await keys.find(params.keyId)),
  })
  add({
    ...of,
    method: 'POST',
    url: `${KEY}/rotate`,
    params: keyParamsSchema,
    id: 'rotateKey',
    summary:
      'Make a new key that replaces this key. The old key still works for overlapHours hours, or until its expiry if the expiry is earlier',
    body: rotationSchema,
    answers: created,
    problems: ROTATE_KEY_REFUSALS,
    examples: ROTATE_KEY_EXAMPLES,
    handler: async ({ params, body, caller }, reply, { keys }) => {
      const { issued, key } = await keys.rotate(caller!, params.keyId, body.overlapHours)
      reply.code(201).header('location', `${KEYS}/${issued.id}`)
      return reply.send({ ...view(issued), key })
    },
  })
  add({
    ...one,
    method: 'DELETE',
    id: 'revokeKey',
    summary: 'Revoke a key. It stops working immediately',
    answers: { 204: { about: 'The key is revoked' } },
    problems: REVOKE_KEY_REFUSALS,
    examples: REVOKE_KEY_EXAMPLES,
    handler: async ({ params, caller }, reply, { keys }) => {
      await keys.revoke(caller!, params.keyId)
      return reply.code(204).send()
    },
  })
}
