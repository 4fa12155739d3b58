import {
  GenesysFailure,
  type GenesysFailureKind,
  type GenesysRowError,
} from '../../domain/genesys/genesys-failure.ts'
import { isSchemaCode } from '../../domain/genesys/genesys-rejections.ts'
import { type SaidOfRows, saidOfRows } from './row-words.ts'
import type { HttpAnswer } from './transport.ts'

/**
 * Parses JSON. undefined: the text is not JSON. Never throws, because the text comes from outside.
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Codes of a 400 that concern the request or the list, not a row. Most other 400s of a call with
 * rows may be about a row. The gateway then halves the batch again and again to find that row. If
 * too many rows are refused, the upload is held. Source: Swagger of 2018, contacts POST.
 */
const OF_THE_REQUEST =
  /^(invalid\.mode|invalid\.contact\.list|contact\.list\.|invalid\.update|max\.entity|no\.)/

/**
 * Reads which rows a 400 or 422 names, in the form of a specific call. `whole`: the refusal
 * concerns all rows alike.
 */
export type RefusedIn = (body: unknown) => readonly GenesysRowError[] | 'whole'

/** Codes of a 400 that stand for a different kind of failure than a 400 usually does. */
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
 * Whether the answer says that Genesys took nothing of the request: a 4xx, or a 501, which means
 * that the org lacks the feature. After a 408, another 5xx or no answer (null), the outcome is
 * unknown.
 */
export const isRefusal = (status: number | null): boolean =>
  status !== null && ((status >= 400 && status < 500 && status !== 408) || status === 501)

/**
 * Refusals that no retry can change, although their status suggests a retry: the campaign is
 * running, or the org lacks the feature.
 */
const isFinal = (status: number, code: string | null): boolean =>
  status === 501 || (status === 409 && code !== null && /\bactive$/.test(code))

/**
 * Whether Genesys denies the call. A 400 is a denial too if it says that only a user may make the
 * call. (An OAuth client is not a user.)
 */
const isForbidden = ({ status, text }: HttpAnswer): boolean =>
  status === 403 || (status === 400 && /requires? (?:a )?user context/iu.test(text))

/** What an error answer of Genesys means. */
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
