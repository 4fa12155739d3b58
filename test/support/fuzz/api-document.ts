import { readFileSync } from 'node:fs'

import addFormats from 'ajv-formats'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/** A JSON schema as the document writes it. */
export type Schema = { [keyword: string]: unknown }
type Named = Record<string, { value?: unknown; $ref?: string }>

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: Schema
  /** The value is written as JSON in the URL. */
  json: boolean
  /** Values that the document shows. */
  examples: unknown[]
}

export type ApiResponse = {
  /** Schemas by media type. Empty: no body. */
  content: Record<string, Schema>
  headers: ReadonlySet<string>
  /** The problem codes that the document lists for it. */
  codes: ReadonlySet<string>
}

export type ApiOperation = {
  id: string
  method: string
  /** As the document writes it: `/v1/uploads/{uploadId}`. */
  path: string
  secured: boolean
  /** The scope that its description names. null: any key is enough. */
  scope: string | null
  parameters: Parameter[]
  bodyRequired: boolean
  /** By media type: the schema, and the bodies that the document shows. */
  bodies: {
    type: string
    schema: Schema
    examples: unknown[]
    /** Media types of the part `file` of a form. */
    fileTypes: readonly string[]
  }[]
  responses: Record<string, ApiResponse>
  /**
   * The calls that the document shows. All values that it shows under one name, wherever they are,
   * form one call.
   */
  shown: {
    params: Record<string, unknown>
    query: Record<string, unknown>
    body: ShownBody | null
  }[]
}

type ShownBody = { type: string; value: unknown }

type RawMedia = {
  schema?: Schema
  examples?: Named
  encoding?: Record<string, { contentType?: string }>
}
type RawOperation = {
  operationId: string
  description?: string
  security?: Record<string, unknown>[]
  parameters?: (Omit<Parameter, 'examples' | 'json'> & {
    content?: Record<string, RawMedia>
    examples?: Named
  })[]
  requestBody?: { required?: boolean; content: Record<string, RawMedia> }
  responses: Record<string, { headers?: object; content?: Record<string, RawMedia> }>
}
type RawDocument = {
  info: { description: string }
  paths: Record<string, Record<string, RawOperation>>
  components: { schemas: Record<string, Schema>; headers: Record<string, { schema: Schema }> }
}

const shownIn = (examples: Named | undefined): unknown[] =>
  Object.values(examples ?? {}).flatMap(({ value }) => (value === undefined ? [] : [value]))

const responseOf = (raw: RawOperation['responses'][string]): ApiResponse => ({
  content: Object.fromEntries(
    Object.entries(raw.content ?? {}).map(([type, { schema = {} }]) => [type, schema]),
  ),
  headers: new Set(Object.keys(raw.headers ?? {}).map((name) => name.toLowerCase())),
  codes: new Set(
    Object.keys(raw.content?.['application/problem+json']?.examples ?? {}).filter(
      (name) => raw.content!['application/problem+json']!.examples![name]!.$ref !== undefined,
    ),
  ),
})

const shownCalls = (raw: RawOperation): ApiOperation['shown'] => {
  const media = Object.entries(raw.requestBody?.content ?? {})
  const parameters = raw.parameters ?? []
  const names = new Set([
    ...parameters.flatMap(({ examples, content }) =>
      Object.keys(examples ?? content?.['application/json']?.examples ?? {}),
    ),
    ...media.flatMap(([, { examples }]) => Object.keys(examples ?? {})),
  ])
  return [...names].map((name) => {
    const valuesIn = (place: Parameter['in']): Record<string, unknown> =>
      Object.fromEntries(
        parameters.flatMap(({ in: own, name: parameter, examples, content }) => {
          const shown = (examples ?? content?.['application/json']?.examples)?.[name]
          return own === place && shown !== undefined ? [[parameter, shown.value]] : []
        }),
      )
    const [type, { examples = {} } = {}] = media.find(([, { examples }]) => examples?.[name]) ?? []
    return {
      params: valuesIn('path'),
      query: valuesIn('query'),
      body: type === undefined ? null : { type, value: examples[name]!.value },
    }
  })
}

const operationOf = (path: string, method: string, raw: RawOperation): ApiOperation => ({
  id: raw.operationId,
  method: method.toUpperCase(),
  path,
  secured: (raw.security ?? []).length > 0 && raw.security!.every((way) => 'key' in way),
  scope: /Needs the scope `([\w:]+)`/u.exec(raw.description ?? '')?.[1] ?? null,
  parameters: (raw.parameters ?? []).map(({ content, examples, ...parameter }) => {
    const media = content?.['application/json']
    return {
      name: parameter.name,
      in: parameter.in,
      required: parameter.required,
      schema: media?.schema ?? parameter.schema,
      json: media !== undefined,
      examples: shownIn(media?.examples ?? examples),
    }
  }),
  bodyRequired: raw.requestBody?.required === true,
  bodies: Object.entries(raw.requestBody?.content ?? {}).map(
    ([type, { schema = {}, examples, encoding }]) => ({
      type,
      schema,
      examples: shownIn(examples),
      fileTypes: encoding?.['file']?.contentType?.split(', ') ?? [],
    }),
  ),
  shown: shownCalls(raw),
  responses: Object.fromEntries(
    Object.entries(raw.responses).map(([status, response]) => [status, responseOf(response)]),
  ),
})

const DOCUMENT = new URL('../../../openapi/openapi.json', import.meta.url)

const ANY_REQUEST = 'Any request can get them:'

/**
 * The codes that any message can get. The document says this in words. If it used other words, none
 * of these codes would be found, and each such answer would look like a fault of the gateway.
 */
const codesOfAnyRequest = (description: string): ReadonlySet<string> => {
  const codes = (description.split(ANY_REQUEST)[1] ?? '').match(/(?<=`)[\w-]+(?=`)/gu)
  if (codes === null) throw new Error(`The document does not say: ${ANY_REQUEST}`)
  return new Set(codes)
}

/**
 * Reads openapi/openapi.json as the fuzzer needs it: operations, resolved references, and schemas
 * that judge values.
 */
export const readApiDocument = (file: string | URL = DOCUMENT) => {
  const raw = JSON.parse(readFileSync(file, 'utf8')) as RawDocument
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'document', ...raw })
  const judges = new Map<Schema, ValidateFunction>()
  const judgeOf = (schema: Schema): ValidateFunction => {
    const known = judges.get(schema)
    if (known) return known
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')
    const judge = ajv.compile(JSON.parse(text) as Schema)
    judges.set(schema, judge)
    return judge
  }
  const operations = Object.entries(raw.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(path, method, operation)),
  )
  const listed = (group: 'schemas' | 'headers', name: string): Schema => {
    const found = raw.components[group][name]
    if (found === undefined) throw new Error(`The document has no ${group} of the name ${name}`)
    return group === 'headers' ? (found as { schema: Schema }).schema : found
  }
  return {
    operations,
    anywhere: codesOfAnyRequest(raw.info.description),
    headers: new Map(
      Object.keys(raw.components.headers).map((name) => [
        name.toLowerCase(),
        listed('headers', name),
      ]),
    ),
    /** The schema that a reference stands for. */
    resolve: (schema: Schema): Schema => {
      const target = schema['$ref']
      if (typeof target !== 'string') return schema
      return listed('schemas', target.replace('#/components/schemas/', ''))
    },
    /** What is wrong with the value by the schema, without the value. null: nothing. */
    faultOf: (schema: Schema, value: unknown): string | null => {
      const judge = judgeOf(schema)
      if (judge(value)) return null
      const [first] = judge.errors ?? []
      return `${first?.instancePath || '(whole)'} ${first?.message ?? 'is wrong'}`
    },
  }
}

export type ApiDocument = ReturnType<typeof readApiDocument>
