import { z } from 'zod'

import {
  GenesysFailure,
  type GenesysRowError,
  UNKNOWN_COLUMN,
} from '../../domain/genesys/genesys-failure.ts'
import type { HttpAnswer } from './transport.ts'

/** JSON text as a value; undefined when it is not JSON. Never throws, for the text is a stranger's. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Genesys' own code, lower-cased, from `[a-z0-9._-]{1,64}`; anything else could hold a person's data and is null. */
export const upstreamCodeOf = (value: unknown): string | null => {
  const code = typeof value === 'string' ? value.toLowerCase() : ''
  // Digits in a row could be a phone number.
  return /^[a-z0-9._-]{1,64}$/.test(code) && !/\d{5}/.test(code) ? code : null
}

/** A column's name as Genesys repeats it, or null when it does not look like one (a phone, an address, a sentence). */
export const fieldOf = (value: unknown): string | null =>
  typeof value === 'string' &&
  /^[\p{L}_][\p{L}\p{N}_ .-]{0,127}$/u.test(value) &&
  !/\d{5}/.test(value)
    ? value
    : null

/** What Genesys' words about a row can mean; the codes are those of the ledger. The first that matches wins. */
const ROW_CODES: readonly [RegExp, string][] = [
  [
    /unknown.{0,9}(field|column|attribute)|(field|column|attribute).{0,60}(unknown|not (known|defined|found)|does not exist)|undeclared|not declared|invalid.contact.columns|no such (field|column)|schema/,
    UNKNOWN_COLUMN,
  ],
  [/contact.?id/, 'contact-id-invalid'],
  [/phone|e\.?164/, 'phone-invalid'],
  [/e-?mail/, 'email-invalid'],
  [/\bdate|iso.?8601/, 'date-invalid'],
  [/required|missing|must not be empty|blank/, 'required-empty'],
  [/too.?long|length|exceed/, 'cell-too-long'],
]

/** A ledger code for what Genesys says of a row; free text goes in, only a code of the closed set comes out. */
export const rowCodeOf = (code: unknown, message: unknown): string => {
  const text = [code, message]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, 500)
    .toLowerCase()
  return ROW_CODES.find(([pattern]) => pattern.test(text))?.[1] ?? 'genesys-refused'
}

const errorBodySchema = z.looseObject({
  code: z.unknown().optional(),
  message: z.unknown().optional(),
  errors: z
    .array(
      z.looseObject({
        index: z.unknown().optional(),
        field: z.unknown().optional(),
        code: z.unknown().optional(),
        message: z.unknown().optional(),
      }),
    )
    .catch([]),
})
type ErrorBody = z.infer<typeof errorBodySchema>

const rowErrorsOf = (body: ErrorBody): GenesysRowError[] =>
  body.errors.flatMap(({ index, field, code, message }) =>
    Number.isSafeInteger(index) && (index as number) >= 0
      ? [{ index: index as number, field: fieldOf(field), code: rowCodeOf(code, message) }]
      : [],
  )

/** Codes of a 400 that speak of a row's value, so that bisecting finds it. Source: Swagger of 2018, contacts POST; guide 001. */
const ROW_LEVEL = new Set([
  'invalid.contact.id',
  'invalid.zip.code.contact.value',
  'invalid.file.format',
])

const codeOf = (body: ErrorBody): string | null => {
  const code = upstreamCodeOf(body.code) ?? upstreamCodeOf(body.errors[0]?.code)
  if (code) return code
  const saysFormat = typeof body.message === 'string' && /invalid file format/i.test(body.message)
  return saysFormat ? 'invalid.file.format' : null
}

/** What an error answer of the API means. `rows`: the call carries rows, so a 400 or 422 may speak of them. */
export const failureOf = (
  call: { operation: string; right: string; rows: boolean },
  answer: HttpAnswer,
): GenesysFailure => {
  const { operation } = call
  const { status, retryAfterMs } = answer
  const body = errorBodySchema.safeParse(parseJson(answer.text)).data ?? { errors: [] }
  const upstreamCode = codeOf(body)
  const about = { status, retryAfterMs, upstreamCode }
  const plain = {
    401: 'unauthorized',
    404: 'not_found',
    408: 'unavailable',
    409: 'conflict',
    413: 'too_large',
    429: 'throttled',
  } as const
  if (status in plain)
    return new GenesysFailure(plain[status as keyof typeof plain], operation, about)
  if (status === 403)
    return new GenesysFailure('forbidden', operation, { ...about, right: call.right })
  if (status >= 500) return new GenesysFailure('unavailable', operation, about)
  if (status !== 400 && status !== 422) {
    return new GenesysFailure(status >= 400 ? 'refused' : 'malformed_answer', operation, about)
  }
  if (upstreamCode === 'too.many.contacts.added')
    return new GenesysFailure('too_large', operation, about)
  if (upstreamCode === 'contact.list.import.in.progress') {
    return new GenesysFailure('conflict', operation, about)
  }
  return refusalOf(call, body, about)
}

const refusalOf = (
  call: { operation: string; rows: boolean },
  body: ErrorBody,
  about: { status: number; retryAfterMs: number | null; upstreamCode: string | null },
): GenesysFailure => {
  const rowErrors = call.rows ? rowErrorsOf(body) : []
  const speaksOfSchema =
    rowErrors.length === 0 &&
    (rowCodeOf(body.code, body.message) === UNKNOWN_COLUMN ||
      body.errors.some(({ code, message }) => rowCodeOf(code, message) === UNKNOWN_COLUMN))
  const ofRows =
    about.upstreamCode !== null && ROW_LEVEL.has(about.upstreamCode)
      ? true
      : rowErrors.length > 0 || (about.status === 422 && !speaksOfSchema)
  return call.rows && ofRows
    ? new GenesysFailure('rows_refused', call.operation, { ...about, rowErrors })
    : new GenesysFailure('refused', call.operation, about)
}
