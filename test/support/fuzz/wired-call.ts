import { randomBytes, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { Webhook } from 'standardwebhooks'

import type { ApiDocument, ApiOperation, Parameter } from './api-document.ts'
import { createJudge, type Judged } from './judged-call.ts'
import type { KnownThings } from './known-things.ts'
import type { MadeBody, MadeCall } from './made-calls.ts'
import type { Sent } from './sent-call.ts'
import { WIRE_TRICKS } from './wire-tricks.ts'

export type WiredCall = { sent: Sent; params: Record<string, string>; judged: Judged }

export type Credentials = { key: string; lesserKey: () => string; webhookSecret: string }

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

/**
 * Prepares calls for the wire: inserts existing objects, and judges the whole call by the document.
 */
export const createWire = (document: ApiDocument, known: KnownThings, credentials: Credentials) => {
  const judge = createJudge(document)
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
      // If a part of the path is too long, the router does not recognise it, and the address
      // belongs to no operation.
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
