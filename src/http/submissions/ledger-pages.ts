import type { FastifyRequest } from 'fastify'

import type { Refuse } from '../../domain/problems/refusing.ts'
import { cursorUnreadable } from '../server/cursor.ts'
import { prefers } from './preferred-type.ts'

/** The cursor of a ledger: the line after which the next page begins. */
export const cursorOfLine = (line: number): string =>
  Buffer.from(`line:${line}`).toString('base64url')

/** The line in a cursor. Throws 400 for a cursor that cannot be read. */
export const lineOfCursor = (
  refuse: Refuse<'parameter-invalid'>,
  cursor: string | undefined,
): number => {
  if (cursor === undefined) return 0
  const line = /^line:([0-9]{1,15})$/u.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  if (line === undefined) throw cursorUnreadable(refuse)
  return Number(line)
}

/** Whether the caller prefers CSV to the JSON or NDJSON that the call usually answers with. */
export const wantsCsv = (request: Pick<FastifyRequest, 'headers'>): boolean =>
  prefers(request, ['text/csv'], ['application/json', 'application/x-ndjson'])
