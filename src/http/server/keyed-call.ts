import type { FastifyReply } from 'fastify'

import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refuse } from '../../domain/problems/refusing.ts'
import type { UploadAnswer } from '../../workflows/contract.ts'
import { normaliseIdempotencyKey } from '../plugins/normalisation.ts'

type RefuseKey = Refuse<'idempotency-key-missing' | 'idempotency-key-invalid'>

/** The Idempotency-Key of a call that needs one; throws 400. `what`: as in "with a retry". */
export const idempotencyKeyOf = (
  refuse: RefuseKey,
  headers: Record<string, string | string[] | undefined>,
  what: string,
): string => {
  const key = normaliseIdempotencyKey(refuse, headers['idempotency-key'])
  if (key === null) throw keyMissing(refuse, what)
  return key
}

export const keyMissing = (
  refuse: Refuse<'idempotency-key-missing'>,
  what: string,
): GatewayProblem => refuse('idempotency-key-missing', `Send an Idempotency-Key ${what}.`)

/** Sends the answer that is kept under the key, byte for byte. */
export const sendKept = (reply: FastifyReply, answer: UploadAnswer): FastifyReply => {
  reply.code(answer.status).header('content-type', 'application/json; charset=utf-8')
  if (answer.location !== null) reply.header('location', answer.location)
  if (answer.replayed) reply.header('idempotency-replayed', 'true')
  return reply.send(answer.body)
}
