import {
  GenesysFailure,
  type GenesysFailureKind,
  type GenesysRowError,
} from '../../domain/genesys/genesys-failure.ts'
import { isSchemaCode } from '../../domain/genesys/genesys-rejections.ts'
import { type SaidOfRows, saidOfRows } from './row-words.ts'
import type { HttpAnswer } from './transport.ts'

/**
 * JSON text as a value. undefined if it is not JSON. Never throws, because the text comes from a
 * stranger.
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Codes of a 400 about the request or the list, so that no row of it is at fault. Every other 400
 * to a call with rows may be about a row: bisecting finds it, and ends in a hold if all rows are
 * refused. Source: Swagger of 2018, contacts POST.
 */
const OF_THE_REQUEST =
  /^(invalid\.mode|invalid\.contact\.list|contact\.list\.|invalid\.update|max\.entity|no\.)/

/**
 * Rows that a 400 or 422 names in the words of a specific call. `whole`: it concerns all of them
 * alike.
 */
export type RefusedIn = (body: unknown) => readonly GenesysRowError[] | 'whole'

/** A 400 whose code means more than its status. */
const BY_CODE = new Map<string | null, GenesysFailureKind>([
  ['too.many.contacts.added', 'too_large'],
  ['contact.list.import.in.progress', 'conflict'],
])

const PLAIN = {
  401: 'unauthorized',
  404: 'not_found',
  408: 'unavailable',
  409: 'conflict',
  413: 'too_large',
  429: 'throttled',
} as const

/**
 * Refusals that a retry cannot fix although their status suggests it: a campaign is on, or the org
 * lacks the feature.
 */
const isFinal = (status: number, code: string | null): boolean =>
  status === 501 || (status === 409 && code !== null && /\bactive$/.test(code))

/**
 * A 400 that refuses client credentials, because the call acts as a user: as final as a missing
 * right.
 */
const isForbidden = ({ status, text }: HttpAnswer): boolean =>
  status === 403 || (status === 400 && /requires? (?:a )?user context/iu.test(text))

/**
 * The meaning of an error answer of the API. `rows`: the call carries rows, so a 400 or 422 may be
 * about them.
 */
export const failureOf = (
  call: {
    operation: string
    right: string
    rows: boolean
    refusedIn?: RefusedIn
  },
  answer: HttpAnswer,
): GenesysFailure => {
  const { operation } = call
  const { status, retryAfterMs } = answer
  const said = saidOfRows(parseJson(answer.text))
  const { upstreamCode } = said
  const about = { status, retryAfterMs, upstreamCode }
  if (isFinal(status, upstreamCode)) return new GenesysFailure('refused', operation, about)
  const plain = PLAIN[status as keyof typeof PLAIN] as GenesysFailureKind | undefined
  if (plain !== undefined) return new GenesysFailure(plain, operation, about)
  if (isForbidden(answer)) {
    return new GenesysFailure('forbidden', operation, { ...about, right: call.right })
  }
  if (status >= 500) return new GenesysFailure('unavailable', operation, about)
  if (status !== 400 && status !== 422) {
    return new GenesysFailure(status >= 400 ? 'refused' : 'malformed_answer', operation, about)
  }
  const known = BY_CODE.get(upstreamCode)
  if (known !== undefined) return new GenesysFailure(known, operation, about)
  const { rowErrors, rowFault } = said
  if (call.refusedIn) return namedRefusal(operation, about, call.refusedIn(parseJson(answer.text)))
  return call.rows && mayBeRows(said)
    ? new GenesysFailure('rows_refused', operation, { ...about, rowErrors, rowFault })
    : new GenesysFailure('refused', operation, { ...about, rowFault })
}

const namedRefusal = (
  operation: string,
  about: ConstructorParameters<typeof GenesysFailure>[2],
  rowErrors: ReturnType<RefusedIn>,
): GenesysFailure =>
  rowErrors === 'whole'
    ? new GenesysFailure('refused', operation, about)
    : new GenesysFailure('rows_refused', operation, { ...about, rowErrors })

const mayBeRows = ({ rowErrors, rowFault, upstreamCode }: SaidOfRows): boolean =>
  rowErrors.length > 0 ||
  (!isSchemaCode(rowFault.code) &&
    rowFault.code !== 'contact-list-full' &&
    !OF_THE_REQUEST.test(upstreamCode ?? ''))
