import { z } from 'zod'

import { pemOf } from '../../../domain/signing/ed25519.ts'
import type { Example } from '../../document/example.ts'
import type { AddRoute } from '../../server/route.ts'

const signingKeySchema = z.strictObject({
  id: z.string(),
  algorithm: z.literal('Ed25519'),
  publicKey: z.string().describe('PEM'),
  current: z.boolean(),
  createdAt: z.iso.datetime(),
})
const signingKeysSchema = z.strictObject({ items: z.array(signingKeySchema) })

const KEYS: z.output<typeof signingKeysSchema> = {
  items: [
    {
      id: 'kept-1',
      algorithm: 'Ed25519',
      publicKey:
        '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n',
      current: true,
      createdAt: '2026-03-02T07:00:00.000Z',
    },
  ],
}
const SIGNING_KEYS_EXAMPLES: readonly Example[] = [
  { name: 'kept', summary: 'One key, made by the gateway', answer: { status: 200, body: KEYS } },
]

/** GET /v1/signing-keys: the public keys with which anyone can verify what the gateway signed. */
export const registerSigningKeys = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/signing-keys',
    access: 'key',
    id: 'listSigningKeys',
    tag: 'signing',
    summary:
      "List the public keys, current and retired, that verify the gateway's signatures. Any valid API key may read them",
    answers: {
      200: { about: 'Every key that ever signed, oldest first', schema: signingKeysSchema },
    },
    problems: [],
    examples: SIGNING_KEYS_EXAMPLES,
    handler: async (_request, _reply, { signingKeys }) => ({
      items: (await signingKeys.list()).map(({ id, publicKey, current, createdAt }) => ({
        ...{ id, algorithm: 'Ed25519' as const, publicKey: pemOf(publicKey), current, createdAt },
      })),
    }),
  })
}
