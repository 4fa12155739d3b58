import type { ApiDocument, ApiOperation, Parameter } from './api-document.ts'
import type { MadeBody, MadeCall } from './made-calls.ts'

/**
 * `good`: the call agrees with the document. `wrong`: it does not. `either`: the document leaves it
 * open.
 */
export type Judged = {
  verdict: 'good' | 'wrong' | 'either'
  why: string
  /** The address may be that of another operation, or of none. */
  elsewhere?: boolean
}

/**
 * Whether a value has names that no JSON parser here accepts, even where a schema allows any name.
 */
const hasForbiddenName = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).some(
    ([name, held]) => name === '__proto__' || name === 'constructor' || hasForbiddenName(held),
  )

/** How many levels the gateway accepts. The document says this in words. */
const DEEPEST = 60
const isDeep = (value: unknown, level = 0): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (level > DEEPEST || Object.values(value).some((held) => isDeep(held, level + 1)))

const storable = (value: unknown): boolean => {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, held]) => storable(name) && storable(held))
}

/** The value that the text of a parameter stands for. If it stands for none, the text itself. */
const readBack = ({ json, schema }: Parameter, text: string): unknown => {
  const type = schema['type']
  if (json) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      return undefined
    }
  }
  if (type === 'integer' || type === 'number')
    return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'array') return text.split(',')
  return text
}

/**
 * Whether a list has commas inside its items. Such a list cannot be read back, so nobody can say
 * what it means.
 */
const ambiguous = ({ schema }: Parameter, text: string): boolean =>
  schema['type'] === 'array' && /^\[|(?:^|,)\s*(?:,|$)/u.test(text)

/** Judges, by the document, a call whose values are known. */
export const createJudge = (document: ApiDocument) => {
  const faultOfParameter = (parameter: Parameter, text: string): string | null => {
    if (!storable(text)) return 'holds NUL'
    return document.faultOf(parameter.schema, readBack(parameter, text) ?? null)
  }
  const isOpen = (parameter: Parameter, text: string): boolean =>
    parameter.name === 'cursor' ||
    ambiguous(parameter, text) ||
    (parameter.json && hasForbiddenName(readBack(parameter, text)))
  const judgeParameters = (
    operation: ApiOperation,
    place: 'path' | 'query',
    texts: [string, string][],
  ): Judged | null => {
    for (const [name, text] of texts) {
      const parameter = operation.parameters.find((own) => own.in === place && own.name === name)
      if (parameter === undefined)
        return { verdict: 'wrong', why: `${name} is not in the document` }
      // Nobody can know which cursors are valid.
      if (isOpen(parameter, text)) return { verdict: 'either', why: name }
      const fault = faultOfParameter(parameter, text)
      if (fault !== null) return { verdict: 'wrong', why: `${name}: ${fault}` }
    }
    return null
  }
  const judgeBody = (
    operation: ApiOperation,
    body: MadeBody | null,
    value: unknown,
  ): Judged | null => {
    if (body === null) return operation.bodyRequired ? { verdict: 'wrong', why: 'no body' } : null
    const media = operation.bodies.find(({ type }) => type === body.type)
    if (media === undefined) return { verdict: 'wrong', why: 'a body of another type' }
    if (body.type === 'multipart/form-data') {
      const { properties = {} } = document.resolve(media.schema) as {
        properties?: Record<string, object>
      }
      const { file: _file, ...others } = properties
      // A value that is not an object makes a form without fields.
      const fields = typeof value === 'object' && value !== null ? value : {}
      const fault = document.faultOf(fieldsSchema(others), fields)
      if (fault !== null) return { verdict: 'wrong', why: `form: ${fault}` }
      if (!storable(value) || hasForbiddenName(value))
        return { verdict: 'either', why: 'a forbidden form' }
      const { file } = body
      if (file === null) return { verdict: 'wrong', why: 'no part `file`' }
      const types = media.fileTypes
      if (file !== null && (file.name === '' || !types.includes(file.type)))
        return { verdict: 'either', why: 'a part of another type' }
      return null
    }
    // Any bytes are a valid text.
    if (document.resolve(media.schema)['type'] === 'string') return null
    if (hasForbiddenName(value) || isDeep(value))
      return { verdict: 'either', why: 'a forbidden form' }
    const fault = document.faultOf(media.schema, JSON.parse(JSON.stringify(value ?? null)))
    // In a JSON file of rows, a value that is not a record rejects its row, not the call.
    const rows = operation.bodies.some(({ type }) => type === 'text/csv')
    if (fault !== null) return { verdict: rows ? 'either' : 'wrong', why: `body: ${fault}` }
    return storable(value) ? null : { verdict: 'either', why: 'a text that cannot be stored' }
  }
  const forms = new Map<string, object>()
  /**
   * Makes one object for each set of fields. Otherwise a schema would be compiled again for every
   * call.
   */
  const fieldsSchema = (properties: Record<string, object>): Record<string, unknown> => {
    const key = JSON.stringify(properties)
    const schema = forms.get(key) ?? { type: 'object', properties, additionalProperties: false }
    forms.set(key, schema)
    return schema as Record<string, unknown>
  }
  const judge = (
    operation: ApiOperation,
    call: MadeCall,
    params: Record<string, string>,
    query: [string, string][],
    value: unknown,
  ): Judged => {
    if (call.method !== null) return { verdict: 'wrong', why: 'method' }
    if (call.auth === 'lesser' && (operation.scope === null || operation.scope === 'audit'))
      return { verdict: 'either', why: 'key' }
    if (call.auth !== 'key' && operation.secured) return { verdict: 'wrong', why: 'key' }
    if (call.headers['content-encoding'] !== undefined && call.body?.type !== 'text/csv') {
      return { verdict: 'either', why: 'a coding of what may be no file' }
    }
    for (const { in: place, name, required } of operation.parameters) {
      if (place !== 'header' || !required || call.headers[name.toLowerCase()] !== undefined)
        continue
      return { verdict: 'wrong', why: `${name} is missing` }
    }
    const names = query.map(([name]) => name)
    const lacking = operation.parameters.find(
      ({ in: place, name, required }) => place === 'query' && required && !names.includes(name),
    )
    if (lacking) return { verdict: 'wrong', why: `${lacking.name} is missing` }
    return (
      judgeParameters(operation, 'path', Object.entries(params)) ??
      judgeParameters(operation, 'query', query) ??
      judgeBody(operation, call.body, value) ?? { verdict: 'good', why: '' }
    )
  }
  return judge
}
