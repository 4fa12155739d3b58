import { z } from 'zod'

import type { GenesysRowError } from '../../domain/genesys/genesys-failure.ts'
import type { GenesysRowCode } from '../../domain/genesys/genesys-rejections.ts'

/**
 * Genesys' own code in lower case, if it has at most 64 characters, all of `[a-z0-9._-]`, and no
 * five digits in a row. null: any other value, because it could contain personal data.
 */
export const upstreamCodeOf = (value: unknown): string | null => {
  const code = typeof value === 'string' ? value.toLowerCase() : ''
  // Five digits in a row could be part of a phone number.
  return /^[a-z0-9._-]{1,64}$/.test(code) && !/\d{5}/.test(code) ? code : null
}

/**
 * The name of a column that Genesys repeats. null: the text does not look like a name. It could be
 * a phone number, an address or a sentence.
 */
export const fieldOf = (value: unknown): string | null =>
  typeof value === 'string' &&
  /^[\p{L}_][\p{L}\p{N}_ .-]{0,127}$/u.test(value) &&
  !/\d{5}/.test(value)
    ? value
    : null

/** What the texts of Genesys about a row mean. The first match counts. */
const ROW_CODES: readonly [RegExp, GenesysRowCode][] = [
  [
    /unknown.{0,9}(field|column|attribute)|(field|column|attribute).{0,60}(unknown|not (known|defined|found)|does not exist)|undeclared|not declared|invalid.contact.columns|no such (field|column)|schema/,
    'genesys-unknown-column',
  ],
  [/(format|type).?mismatch|mismatch.{0,20}(format|type)/, 'genesys-format-mismatch'],
  [/invalid.file.format/, 'genesys-invalid-file-format'],
  [/exceeded.contact.limit|contact.?list.{0,20}full|too many contacts in/, 'contact-list-full'],
  [/contact.?id|custom.?id/, 'genesys-contact-id-invalid'],
  [/zip.?code|postal/, 'genesys-zip-code-invalid'],
  [/phone|e\.?164/, 'genesys-phone-invalid'],
  [/e-?mail/, 'genesys-email-invalid'],
  [/\bdate\b|iso.?8601/, 'genesys-date-invalid'],
  [/too.?long|length|exceed/, 'genesys-cell-too-long'],
  [/required|missing|must not be empty|blank/, 'genesys-required-empty'],
]

/**
 * Returns the ledger's code for Genesys' statement about a row. The statement may be free text. The
 * code is always one of a closed set.
 */
export const rowCodeOf = (...said: readonly unknown[]): GenesysRowCode => {
  const text = said
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, 500)
    .toLowerCase()
  return ROW_CODES.find(([pattern]) => pattern.test(text))?.[1] ?? 'genesys-refused'
}

const errorSchema = z.looseObject({
  index: z.unknown().optional(),
  contactId: z.unknown().optional(),
  field: z.unknown().optional(),
  code: z.unknown().optional(),
  message: z.unknown().optional(),
})
const detailSchema = z.looseObject({
  errorCode: z.unknown().optional(),
  fieldName: z.unknown().optional(),
})

/**
 * The forms of error bodies: ErrorBody of SDK 262, the `{errors}` of the guides, and the bare
 * `{error}` of API gateways between here and Genesys.
 */
const errorBodySchema = z.looseObject({
  code: z.unknown().optional(),
  message: z.unknown().optional(),
  error: z.unknown().optional(),
  messageParams: z.record(z.string(), z.unknown()).catch({}),
  details: z.array(detailSchema).catch([]),
  errors: z.array(errorSchema).catch([]),
})

/** What an error answer reports about the rows of the request. */
export type SaidOfRows = {
  /**
   * Genesys' own code. null: there is none that `upstreamCodeOf` accepts. The general code
   * `bad.request` is used only if no other code is given.
   */
  upstreamCode: string | null
  /** The rows that the answer names by their index. */
  rowErrors: GenesysRowError[]
  rowFault: { code: GenesysRowCode; field: string | null }
}

const idOf = (value: unknown): string | null =>
  typeof value === 'string' && value.length >= 1 && value.length <= 128 ? value : null

/** One error of an answer or a job, as the ledger stores it. null: it names no row. */
export const rowErrorOf = (error: z.infer<typeof errorSchema>): GenesysRowError | null => {
  const { index, contactId, field, code, message } = error
  if (!Number.isSafeInteger(index) || (index as number) < 0) return null
  return {
    index: index as number,
    contactId: idOf(contactId),
    field: fieldOf(field),
    code: rowCodeOf(code, message),
    said: upstreamCodeOf(code),
  }
}

/**
 * A place in the request, as `details[].fieldName` names it: `[3].data.zip` or
 * `contacts[3].data.zip`.
 */
const PLACE = /^[A-Za-z.]{0,20}\[(\d{1,6})\](?:\.data)?(?:\.(.+))?$/

const rowErrorOfDetail = (
  { fieldName, errorCode }: z.infer<typeof detailSchema>,
  code: GenesysRowCode,
  said: string | null,
): GenesysRowError | null => {
  const [, index, field] = PLACE.exec(typeof fieldName === 'string' ? fieldName : '') ?? []
  if (index === undefined) return null
  const own = rowCodeOf(errorCode)
  return {
    index: Number(index),
    contactId: null,
    field: fieldOf(field),
    code: own === 'genesys-refused' ? code : own,
    said: upstreamCodeOf(errorCode) ?? said,
  }
}

/** A code that any refusal may have. It therefore says nothing about the cause. */
const NO_CODE = 'bad.request'

/**
 * Reads the body of any error answer. The result may contain contact ids and names of columns, but
 * none of the answer's free text.
 */
export const saidOfRows = (value: unknown): SaidOfRows => {
  const body = errorBodySchema.safeParse(value).data ?? errorBodySchema.parse({})
  const nested = errorBodySchema.safeParse(body.error).data
  const words = [body.code, body.message, body.error, nested?.code, nested?.message]
  const codes = [body.code, nested?.code, body.errors[0]?.code].map(upstreamCodeOf)
  const rowCode = rowCodeOf(
    ...words,
    ...body.details.map(({ errorCode }) => errorCode),
    ...body.errors.flatMap(({ code, message }) => [code, message]),
  )
  const told = codes.find((code) => code !== null && code !== NO_CODE)
  const upstreamCode =
    told ?? (rowCode === 'genesys-invalid-file-format' ? 'invalid.file.format' : (codes[0] ?? null))
  const rowErrors = [
    ...body.errors.map(rowErrorOf),
    ...body.details.map((detail) => rowErrorOfDetail(detail, rowCode, upstreamCode)),
  ].filter((error) => error !== null)
  const { column, field, fieldName, columnName } = body.messageParams
  const named = [column, columnName, fieldName, field, ...body.details.map((one) => one.fieldName)]
  return {
    upstreamCode,
    rowErrors,
    rowFault: { code: rowCode, field: named.map(fieldOf).find((name) => name !== null) ?? null },
  }
}
