import type { FastifyRequest } from 'fastify'

import type { Refuse } from '../../domain/problems/refusing.ts'
import { cursorUnreadable } from '../server/cursor.ts'

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

/** Whether the caller wants CSV: Accept names CSV, and does not name JSON before it. */
export const wantsCsv = (request: Pick<FastifyRequest, 'headers'>): boolean => {
  const accept = (request.headers.accept ?? '').toLowerCase()
  const csv = accept.indexOf('text/csv')
  const json = accept.indexOf('application/json')
  return csv !== -1 && (json === -1 || csv < json)
}
