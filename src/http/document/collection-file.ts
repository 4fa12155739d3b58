import { readFile, writeFile } from 'node:fs/promises'

/** The parts of an OpenAPI document that the collection needs. */
type Examples = Record<string, { summary?: string; value: unknown }>
type Parameter = {
  in: string
  name: string
  required?: boolean
  description?: string
  schema?: { default?: unknown }
  examples?: Examples
}
type Media = { schema?: { properties?: object }; examples?: Examples }
type Operation = {
  summary: string
  description?: string
  tags: string[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, Media> }
  security?: object[]
}
export type ApiDocument = {
  info: { title: string; version: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
}

/** A header, a query parameter or a path parameter in the format of the collection. */
type Pair = { key: string; value: string; description?: string; disabled?: boolean }

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'
/** Postman replaces this by a new UUID for every call. */
const NEW_KEY = '{{$guid}}'

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2)

/**
 * The value of a parameter as text. Commas separate the items of an array, because the document
 * says `explode: false`.
 */
const inParameter = (value: unknown): string =>
  Array.isArray(value) ? value.map(textOf).join(',') : textOf(value)

/**
 * The value of a parameter in an example. If the example does not send the parameter: the value in
 * another example (required parameters only), or the default. null: there is no value.
 */
const valueOf = ({ examples, schema, required }: Parameter, example: string): string | null => {
  if (examples?.[example] !== undefined) return inParameter(examples[example].value)
  const [any] = Object.values(examples ?? {})
  if (required === true && any !== undefined) return inParameter(any.value)
  return schema?.default === undefined ? null : inParameter(schema.default)
}

const pairOf = (parameter: Parameter, example: string): Pair => {
  const { name: key, description, required = false, examples } = parameter
  const isSent = required || examples?.[example] !== undefined
  const value = key === 'Idempotency-Key' ? NEW_KEY : (valueOf(parameter, example) ?? '')
  return {
    ...{ key, value },
    ...(description !== undefined && { description }),
    ...(!isSent && { disabled: true }),
  }
}

const partsOf = (media: Media, value: unknown) => {
  const { options, file } = (value ?? {}) as { options?: unknown; file?: string }
  const sent = options === undefined ? { value: '{}', disabled: true } : { value: textOf(options) }
  return [
    { key: 'options', type: 'text', contentType: 'application/json', ...sent },
    {
      ...{ key: 'file', type: 'file', src: null },
      ...(file !== undefined && { description: `For example:\n\n${file}` }),
    },
  ].filter(({ key }) => key in (media.schema?.properties ?? {}))
}

const bodyOf = (type: string, media: Media, example: string) => {
  const value = media.examples?.[example]?.value
  if (type === 'multipart/form-data') return { mode: 'formdata', formdata: partsOf(media, value) }
  const language = type === 'application/json' ? 'json' : 'text'
  return { mode: 'raw', raw: textOf(value ?? ''), options: { raw: { language } } }
}

/**
 * The media type that the example sends, with its entry in the document. If no media type has the
 * example: the first media type. null: the call has no body.
 */
const mediaOf = ({ requestBody }: Operation, example: string): [string, Media] | null => {
  const media = Object.entries(requestBody?.content ?? {})
  return media.find(([, { examples }]) => examples?.[example]) ?? media[0] ?? null
}

const urlOf = (path: string, parameters: readonly Parameter[], example: string) => {
  const of = (place: string): Pair[] =>
    parameters.filter((one) => one.in === place).map((one) => pairOf(one, example))
  const query = of('query')
  const segments = path.slice(1).replaceAll(/\{(\w+)\}/gu, ':$1')
  const sent = query.filter(({ disabled }) => disabled !== true)
  const search = sent.map(({ key, value }) => `${key}=${value}`).join('&')
  return {
    raw: `{{baseUrl}}/${segments}${search && `?${search}`}`,
    host: ['{{baseUrl}}'],
    path: segments.split('/'),
    ...(query.length > 0 && { query }),
    ...(path.includes('{') && { variable: of('path') }),
  }
}

const requestOf = (method: string, path: string, operation: Operation, example: string) => {
  const { parameters = [], security = [], description } = operation
  const media = mediaOf(operation, example)
  const header = parameters
    .filter((parameter) => parameter.in === 'header')
    .map((parameter) => pairOf(parameter, example))
  // The client itself sets the Content-Type of a form, because the header must contain the
  // boundary.
  if (media !== null && media[0] !== 'multipart/form-data') {
    header.push({ key: 'Content-Type', value: media[0] })
  }
  return {
    method: method.toUpperCase(),
    ...(security.length === 0 && { auth: { type: 'noauth' } }),
    header,
    url: urlOf(path, parameters, example),
    ...(media !== null && { body: bodyOf(...media, example) }),
    ...(description !== undefined && { description }),
  }
}

/**
 * The examples of an operation by name, with their summaries. An operation without examples gets
 * one example, with the name "".
 */
const examplesOf = ({
  parameters = [],
  requestBody,
}: Operation): [string, string | undefined][] => {
  const bodies = Object.values(requestBody?.content ?? {}).map(({ examples }) => examples)
  const found = new Map<string, string | undefined>()
  for (const examples of [...bodies, ...parameters.map(({ examples }) => examples)]) {
    for (const [name, { summary }] of Object.entries(examples ?? {})) {
      found.set(name, found.get(name) ?? summary)
    }
  }
  return found.size === 0 ? [['', undefined]] : [...found]
}

const itemsOf = (method: string, path: string, operation: Operation) => {
  const examples = examplesOf(operation)
  return examples.map(([example, summary]) => ({
    name:
      examples.length === 1 ? operation.summary : `${operation.summary} (${summary ?? example})`,
    request: requestOf(method, path, operation, example),
  }))
}

/**
 * The text of `openapi/postman_collection.json`: a request for every example in the document, in
 * the format that Postman and Bruno import.
 */
export const collectionText = ({ info, tags, paths }: ApiDocument): string => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const collection = {
    info: {
      name: info.title,
      description: info.description,
      version: info.version,
      schema: SCHEMA,
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{key}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: 'http://127.0.0.1:3000', type: 'string' },
      { key: 'key', value: '', type: 'string' },
    ],
    item: tags.map(({ name, description }) => ({
      ...{ name, description },
      item: operations
        .filter(({ operation }) => operation.tags.includes(name))
        .flatMap(({ method, path, operation }) => itemsOf(method, path, operation)),
    })),
  }
  return `${JSON.stringify(collection, null, 2)}\n`
}

/** Reads the API document that is in the repository. */
export const readApiDocument = async (): Promise<ApiDocument> =>
  JSON.parse(await readFile(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8'))

export const COLLECTION_FILE = new URL('../../../openapi/postman_collection.json', import.meta.url)

if (import.meta.main) await writeFile(COLLECTION_FILE, collectionText(await readApiDocument()))
