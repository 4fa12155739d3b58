import type { ApiDocument, ApiOperation } from './api-document.ts'
import type { Judged } from './judged-call.ts'
import type { WireAnswer } from './keep-alive-client.ts'
import type { MadeCall } from './made-calls.ts'

export type Answered = {
  document: ApiDocument
  operation: ApiOperation
  call: MadeCall
  judged: Judged
  answer: WireAnswer
  /** The answer read as JSON. null: it is not JSON. */
  body: unknown
}

export type Fault = {
  check: string
  /** A description without values, so that the same fault of two calls has the same text. */
  about: string
}

/**
 * Refusals that no schema can explain, but only a sentence: the operation (`*`: any), the text of
 * the refusal, and why no schema says it.
 */
export type ToldInWords = { operation: string; code: string; detail: RegExp; why: string }

const codeOf = (body: unknown): string | null => {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null
  return typeof body.code === 'string' ? body.code : null
}

const detailOf = (body: unknown): string => {
  if (typeof body !== 'object' || body === null || !('detail' in body)) return ''
  return typeof body.detail === 'string' ? body.detail : ''
}

const isJson = (type: string | null): boolean =>
  type === 'application/json' || (type?.endsWith('+json') ?? false)

/** A 503 or 502 is a fault too, because this run makes nothing fail on purpose. */
const serverError = ({ answer, body }: Answered): string | null =>
  answer.status >= 500 ? `${answer.status} ${codeOf(body) ?? ''}` : null

const statusDeclared = ({
  document,
  operation,
  call,
  judged,
  answer,
  body,
}: Answered): string | null => {
  const code = codeOf(body)
  if (call.method === 'HEAD' || (judged.elsewhere && answer.status < 500)) return null
  if (isJson(answer.type) && answer.status >= 400 && code === null)
    return `${answer.status} is no problem`
  if (code !== null && answer.status >= 400 && document.anywhere.has(code)) return null
  const declared = operation.responses[answer.status]
  if (declared === undefined) return `${answer.status} ${code ?? ''} is not in the document`
  if (code === null || answer.type !== 'application/problem+json') return null
  return declared.codes.has(code)
    ? null
    : `${answer.status}: the code ${code} is not in the document`
}

const declaredFor = ({ operation, judged, answer }: Answered) =>
  judged.elsewhere ? undefined : operation.responses[answer.status]

const typeDeclared = (answered: Answered): string | null => {
  const { answer } = answered
  const declared = declaredFor(answered)
  if (declared === undefined) return null
  const types = Object.keys(declared.content)
  if (types.length === 0) {
    return answer.bytes.length === 0
      ? null
      : `${answer.status} has a body, and none in the document`
  }
  // The document need not list a problem for an operation if any message can get it.
  if (answer.type === 'application/problem+json') return null
  return answer.type !== null && types.includes(answer.type)
    ? null
    : `${answer.status} of the type ${answer.type ?? 'none'}, in the document ${types.join(', ')}`
}

const hasWholeJson = ({ call, answer, body }: Answered): string | null =>
  call.method !== 'HEAD' && isJson(answer.type) && body === undefined
    ? `${answer.status}: the body is no JSON`
    : null

const schemaHeld = (answered: Answered): string | null => {
  const { document, answer, body } = answered
  const schema = declaredFor(answered)?.content[answer.type ?? '']
  if (schema === undefined || body === undefined || !isJson(answer.type)) return null
  const fault = document.faultOf(schema, body)
  return fault === null ? null : `${answer.status}: ${fault.replaceAll(/\/\d+/gu, '/#')}`
}

const linesHeld = ({ answer }: Answered): string | null => {
  if (answer.type !== 'application/x-ndjson') return null
  const text = answer.bytes.toString('utf8')
  if (text !== '' && !text.endsWith('\n')) return 'the last line of NDJSON has no end'
  try {
    for (const line of text.split('\n')) if (line !== '') JSON.parse(line)
    return null
  } catch {
    return 'a line of NDJSON is no JSON'
  }
}

const textIsUtf8 = ({ answer }: Answered): string | null =>
  Buffer.from(answer.bytes.toString('utf8')).equals(answer.bytes) ? null : 'the answer is no UTF-8'

const headersHeld = (answered: Answered): string | null => {
  const { document, answer, body } = answered
  const declared = declaredFor(answered)
  if (answer.headers['x-request-id'] === undefined) return `${answer.status} without X-Request-Id`
  const code = codeOf(body)
  const ofTheMessage = code !== null && document.anywhere.has(code)
  for (const [name, schema] of document.headers) {
    const value = answer.headers[name]
    // On a refusal, Vary need not be documented, because no client needs it.
    if (value === undefined || (name === 'vary' && answer.status >= 400)) continue
    const text = Array.isArray(value) ? value.join(', ') : value
    const read = schema['type'] === 'integer' ? Number(text) : text
    const fault = document.faultOf(schema, read)
    if (fault !== null) return `${answer.status}: the header ${name} ${fault}`
    if (declared !== undefined && !ofTheMessage && !declared.headers.has(name)) {
      return `${answer.status}: the header ${name} is not in the document`
    }
  }
  return null
}

/**
 * Addresses that accept more than the document asks for. Their sender is Genesys, and the gateway
 * keeps what it sends rather than lose it.
 */
const LENIENT = /^\/webhooks?\/genesys/u

const wrongRefused = ({ operation, judged, answer }: Answered): string | null => {
  if (judged.verdict !== 'wrong' || (answer.status >= 400 && answer.status < 500)) return null
  if (LENIENT.test(operation.path) && answer.status === 200) return null
  return `${answer.status} to what the document forbids: ${judged.why.replaceAll(/\d+/gu, '#')}`
}

/**
 * The statuses that a call must not get if it agrees with the document, because they refuse the
 * form of a call.
 */
const SHAPE = new Set([400, 405, 406, 413, 414, 415, 428, 431])

const goodTaken =
  (told: readonly ToldInWords[]) =>
  ({ operation, judged, answer, body }: Answered): string | null => {
    if (judged.verdict !== 'good' || !SHAPE.has(answer.status)) return null
    const [code, detail] = [codeOf(body) ?? '', detailOf(body)]
    const explained = told.some(
      (one) =>
        (one.operation === '*' || one.operation === operation.id) &&
        one.code === code &&
        one.detail.test(detail),
    )
    return explained
      ? null
      : `${answer.status} ${code} to what the document takes: ${detail.split(';')[0]!.replaceAll(/\d+/gu, '#')}`
  }

const keyNeeded = ({ operation, call, answer }: Answered): string | null => {
  if (!operation.secured || call.auth === 'key' || call.method !== null) return null
  if (call.auth !== 'lesser') {
    const right = answer.status === 401 || answer.status === 429
    return right
      ? null
      : `${answer.status} to a call ${call.auth === 'none' ? 'without a key' : `with a ${call.auth} key`}`
  }
  return answer.status === 403 || operation.scope === null || operation.scope === 'audit'
    ? null
    : `${answer.status} to a key without the scope`
}

const methodRefused = ({ document, operation, call, answer }: Answered): string | null => {
  if (call.method === null) return null
  if (answer.status !== 405) return `${answer.status} to the method ${call.method}`
  const allowed = (answer.headers.allow ?? '').split(', ')
  const missing = document.operations.find(
    ({ path, method }) => path === operation.path && !allowed.includes(method),
  )
  return missing ? `Allow without ${missing.method}` : null
}

const quiet = ({ answer }: Answered): string | null => {
  const text = answer.status >= 400 ? answer.bytes.toString('utf8') : ''
  return /\bat \S+ \(|node_modules|\bsrc\/\w+\/|SELECT |select .* from /u.test(text)
    ? `${answer.status} tells of the inside`
    : null
}

/** The checks of a single answer, by name. null: no fault. */
export const createChecks = (told: readonly ToldInWords[]) => {
  const checks: Record<string, (answered: Answered) => string | null> = {
    'not a server error': serverError,
    'status in the document': statusDeclared,
    'media type in the document': typeDeclared,
    'whole JSON': hasWholeJson,
    'schema held': schemaHeld,
    'lines held': linesHeld,
    'UTF-8': textIsUtf8,
    'headers held': headersHeld,
    'wrong is refused': wrongRefused,
    'good is taken': goodTaken(told),
    'key needed': keyNeeded,
    'method refused': methodRefused,
    'nothing of the inside': quiet,
  }
  return {
    names: Object.keys(checks),
    faultsOf: (answered: Answered): Fault[] =>
      Object.entries(checks).flatMap(([check, judge]) => {
        const about = judge(answered)
        return about === null ? [] : [{ check, about }]
      }),
  }
}
