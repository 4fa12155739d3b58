import { randomBytes, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { Webhook } from 'standardwebhooks'

import type { ApiDocument, ApiOperation, Parameter } from './api-document.ts'
import type { KnownThings } from './known-things.ts'
import type { MadeBody, MadeCall } from './made-calls.ts'
import type { Sent } from './sent-call.ts'
import { WIRE_TRICKS } from './wire-tricks.ts'

/** `good`: as the document says; `wrong`: not; `either`: the document leaves it open. */
export type Judged = {
  verdict: 'good' | 'wrong' | 'either'
  why: string
  /** The address may be another operation's, or nobody's. */
  elsewhere?: boolean
}

export type WiredCall = { sent: Sent; params: Record<string, string>; judged: Judged }

export type Credentials = { key: string; lesserKey: () => string; webhookSecret: string }

/** Names that no parser of JSON lets in, wherever a schema lets any in. */
const hasForbiddenName = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).some(
    ([name, held]) => name === '__proto__' || name === 'constructor' || hasForbiddenName(held),
  )

/** Levels that the gateway tells in words. */
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

const filled = (known: KnownThings, value: unknown): unknown => {
  if (typeof value === 'string') return known.fill(value)
  if (Array.isArray(value)) return value.map((held) => filled(known, held))
  if (typeof value !== 'object' || value === null) return value
  const copy: object = {}
  for (const [name, held] of Object.entries(value)) {
    Object.defineProperty(copy, name, {
      value: filled(known, held),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

const written = ({ json }: Pick<Parameter, 'json'>, value: unknown): string => {
  if (typeof value === 'string') return value
  if (json || typeof value !== 'object') return JSON.stringify(value)
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value)
}

/** The value for which the text of a parameter stands; as the text where it stands for none. */
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

/** A list with commas inside its items cannot be read back: nobody can say what it is. */
const ambiguous = ({ schema }: Parameter, text: string): boolean =>
  schema['type'] === 'array' && /^\[|(?:^|,)\s*(?:,|$)/u.test(text)

type Multipart = { bytes: Buffer; boundary: string }

const multipartOf = ({ value, file }: MadeBody): Multipart => {
  const boundary = `----${randomBytes(8).toString('hex')}`
  const parts: Buffer[] = []
  const part = (head: string, content: Buffer): void => {
    parts.push(Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n'))
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      const text = typeof field === 'string' ? field : (JSON.stringify(field) ?? '')
      const label = name.replaceAll(/["\r\n]/gu, '%')
      part(
        `content-disposition: form-data; name="${label}"\r\ncontent-type: application/json`,
        Buffer.from(text),
      )
    }
  }
  if (file !== null) {
    const name = file.name.replaceAll(/["\r\n]/gu, '%')
    part(
      `content-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${file.type}`,
      Buffer.from(file.bytes, 'base64'),
    )
  }
  return { bytes: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]), boundary }
}

/** How calls are brought to the wire: what exists is put in, and the whole is judged by the document. */
export const createWire = (document: ApiDocument, known: KnownThings, credentials: Credentials) => {
  const pathOf = (operation: ApiOperation, call: MadeCall) => {
    const thing = call.thing === null ? null : known.thing(operation.path, call.thing)
    const params = Object.fromEntries(
      operation.parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => [name, thing?.[name] ?? String(filled(known, call.params[name]))]),
    )
    const path = operation.path.replaceAll(/\{(\w+)\}/gu, (_, name: string) =>
      encodeURIComponent(params[name]!.toWellFormed()),
    )
    return { params, path }
  }
  const queryOf = (operation: ApiOperation, call: MadeCall): [string, string][] =>
    Object.entries(call.query).map(([name, value]) => {
      const parameter = operation.parameters.find((own) => own.in === 'query' && own.name === name)
      if (name === 'cursor' && typeof value === 'string') {
        return [name, known.fill(value.replace('⟪cursor:', `⟪cursor of ${operation.id}:`))]
      }
      return [name, written(parameter ?? { json: false }, filled(known, value)).toWellFormed()]
    })
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
      // What a cursor may be is nobody's to know.
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
      // What is no object makes a form without fields.
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
    // Any bytes are a text.
    if (document.resolve(media.schema)['type'] === 'string') return null
    if (hasForbiddenName(value) || isDeep(value))
      return { verdict: 'either', why: 'a forbidden form' }
    const fault = document.faultOf(media.schema, JSON.parse(JSON.stringify(value ?? null)))
    // Of a file in JSON what is no record rejects its row, not the call.
    const rows = operation.bodies.some(({ type }) => type === 'text/csv')
    if (fault !== null) return { verdict: rows ? 'either' : 'wrong', why: `body: ${fault}` }
    return storable(value) ? null : { verdict: 'either', why: 'a text that cannot be stored' }
  }
  const forms = new Map<string, object>()
  /** One object a set of fields, or every call would be judged by a schema compiled anew. */
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
  const bearerOf = (auth: MadeCall['auth']): string | null => {
    switch (auth) {
      case 'key':
        return `Bearer ${credentials.key}`
      case 'lesser':
        return `Bearer ${credentials.lesserKey()}`
      case 'wrong':
        return `Bearer ogw_${'x'.repeat(40)}`
      case 'malformed':
        return 'Basic eDp5'
      case 'none':
        return null
      default:
        return auth satisfies never
    }
  }
  const bytesOf = (body: MadeBody | null, value: unknown) => {
    if (body === null) return { type: null, bytes: null, multipart: false }
    if (body.type === 'multipart/form-data') {
      const { bytes, boundary } = multipartOf({ ...body, value })
      return { type: `${body.type}; boundary=${boundary}`, bytes, multipart: true }
    }
    const text =
      typeof value === 'string' && body.type !== 'application/json'
        ? value
        : (JSON.stringify(value) ?? '')
    return { type: body.type, bytes: Buffer.from(text), multipart: false }
  }
  const headersOf = (call: MadeCall, path: string, body: Buffer | null): [string, string][] => {
    const id = randomUUID()
    const at = new Date()
    const sign = (): string =>
      new Webhook(credentials.webhookSecret).sign(
        id,
        at,
        (body ?? Buffer.alloc(0)).toString('utf8'),
      )
    return Object.entries(call.headers).map(([name, text]) => {
      const value = text
        .replace(/⟪fresh:\d+⟫/u, id)
        .replace(/⟪now:\d+⟫/u, () => String(Math.floor(at.getTime() / 1000)))
        .replace(/⟪signature:\d+⟫/u, sign)
        .replace(
          /⟪version:\d+⟫/u,
          () => known.versionOf(path) ?? known.versionOf(path.replace(/\/[^/]+$/u, '')) ?? '"1"',
        )
      if (name === 'idempotency-key') known.addValue('used key', value)
      return [name, known.fill(value)]
    })
  }
  return (operation: ApiOperation, call: MadeCall): WiredCall => {
    const { params, path } = pathOf(operation, call)
    const query = queryOf(operation, call)
    const value = filled(known, call.body?.value)
    const { type, bytes, multipart } = bytesOf(call.body, value)
    const packed =
      call.headers['content-encoding'] === 'gzip' && bytes !== null ? gzipSync(bytes) : bytes
    const bearer = bearerOf(call.auth)
    const text = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
    const sent: Sent = {
      method: call.method ?? operation.method,
      target: `${path}${text === '' ? '' : `?${text}`}`,
      headers: [
        ['accept', call.accept],
        ...(bearer === null ? [] : ([['authorization', bearer]] as [string, string][])),
        ...(type === null ? [] : ([['content-type', type]] as [string, string][])),
        ...headersOf(call, path, packed),
      ],
      type: call.body?.type ?? null,
      multipart,
      body: packed,
    }
    const judged = {
      ...judge(operation, call, params, query, value),
      // The router knows no longer part of a path: such an address is nobody's.
      elsewhere: Object.values(params).some((text) => text.length > 200),
    }
    const trick = call.trick === null ? null : WIRE_TRICKS[call.trick]!
    if (trick === null || !trick.fits(sent)) return { sent, params, judged }
    const { verdict = 'either', ...changed } = trick.change(sent)
    return {
      sent: { ...sent, ...changed },
      params,
      judged: {
        verdict: verdict === 'refused' ? 'wrong' : 'either',
        why: call.trick!,
        elsewhere: changed.target !== undefined,
      },
    }
  }
}
