import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { z } from 'zod'

import { shownName } from '../../domain/contacts/personal-name.ts'
import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import { uploadOptionsSchema, type UploadOptions } from '../../domain/uploads/upload-options.ts'
import { wordsOfIssues } from '../server/issue-words.ts'
import { NOTHING } from '../server/route.ts'
import { uploadCallOptionsSchema } from '../server/schemas.ts'
import { UNSTORABLE, unstorableMembers } from '../server/storable-text.ts'

/** So that what is missing can be told from what is wrong; the values stay with the issues. */
const WITH_INPUT = { reportInput: true }

/** Throws 400 where a text could not be stored, whatever its schema says of it. */
const refuseUnstorable = (value: unknown, code: ProblemCode, listed: string): void => {
  const names = unstorableMembers(value).map((name) => shownName(name))
  if (names.length === 0) return
  throw new GatewayProblem(code, `\`${names[0]}\` ${UNSTORABLE}.`, { [listed]: names.slice(0, 20) })
}

const parseParameters = (schema: z.ZodType, value: unknown): unknown => {
  refuseUnstorable(value, 'parameter-invalid', 'parameters')
  const result = schema.safeParse(value, WITH_INPUT)
  if (result.success) return result.data
  const { names, detail } = wordsOfIssues(result.error.issues)
  throw new GatewayProblem('parameter-invalid', detail, { parameters: names })
}

const parseBody = (schema: z.ZodType, value: unknown): unknown => {
  refuseUnstorable(value, 'body-invalid', 'fields')
  const result = schema.safeParse(value ?? undefined, WITH_INPUT)
  if (result.success) return result.data
  const { names, detail } = wordsOfIssues(result.error.issues, 'body')
  throw new GatewayProblem('body-invalid', detail, { fields: names })
}

/** The options of an upload call, typed; throws 400 for unknown and invalid ones. */
export const parseUploadOptions = (
  given: Record<string, unknown>,
): { options: UploadOptions; validateOnly: boolean } => {
  refuseUnstorable(given, 'option-invalid', 'options')
  const result = uploadCallOptionsSchema.safeParse(given, WITH_INPUT)
  if (!result.success) {
    const unknown = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
    const { names, detail } = wordsOfIssues(unknown.length > 0 ? unknown : result.error.issues)
    const code = unknown.length > 0 ? 'option-unknown' : 'option-invalid'
    throw new GatewayProblem(code, detail, { options: names })
  }
  const { validateOnly, ...rest } = result.data
  return { options: uploadOptionsSchema.parse(rest), validateOnly }
}

const parseJsonOption = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text, (member: string, value: unknown) => {
      if (member === '__proto__') throw new Error('forbidden member')
      return value
    })
  } catch {
    throw new GatewayProblem('option-invalid', `The value of \`${name}\` is not valid JSON.`, {
      options: [name],
    })
  }
}

const LISTS = ['phoneColumns', 'emailColumns']
const BOOLEANS = ['hasHeader', 'validateOnly']

/** Options as a query carries them, as the values they stand for: lists, the mapping and booleans are text there. */
export const typedQueryOptions = (query: Record<string, unknown>): Record<string, unknown> => {
  const typed: [string, unknown][] = Object.entries(query).map(([name, value]) => {
    if (typeof value !== 'string') {
      throw new GatewayProblem('option-invalid', `\`${shownName(name)}\` is given twice.`, {
        options: [shownName(name)],
      })
    }
    if (name === 'mapping') return [name, parseJsonOption(name, value)]
    if (LISTS.includes(name)) {
      return [name, value.startsWith('[') ? parseJsonOption(name, value) : value.split(',')]
    }
    if (BOOLEANS.includes(name)) {
      return [name, value === 'true' ? true : value === 'false' ? false : value]
    }
    return [name, value]
  })
  return Object.fromEntries(typed)
}

/** The options of a form's part `options`: an object, or its JSON text. */
export const optionsOfPart = (value: unknown): Record<string, unknown> => {
  const parsed = typeof value === 'string' ? parseJsonOption('options', value) : value
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new GatewayProblem('option-invalid', 'The part `options` must be a JSON object.', {
      options: ['options'],
    })
  }
  return { ...parsed }
}

/** What the route declares. One that declares none takes none, but for `{}`, which clients send that know no POST without a body. */
const bodyOf = (schema: z.ZodType | undefined, body: unknown): unknown =>
  schema === undefined ? parseBody(NOTHING, body ?? {}) : parseBody(schema, body)

/** Puts path, query and JSON body of every route, checked against its strict schemas, in the place of what came; a route that declares none takes none. */
export const validationPlugin = fp(
  async (app: FastifyInstance) => {
    app.addHook('preValidation', async (request) => {
      const { operation } = request.routeOptions.config
      if (request.is404 || operation === undefined) return
      const { params = NOTHING, query = NOTHING, body, reads } = operation
      request.params = parseParameters(params, request.params)
      // The options of a file are checked with those of its form, in words of their own.
      if (reads === 'file') return
      request.query = parseParameters(query, request.query)
      if (reads === undefined) request.body = bodyOf(body, request.body)
    })
  },
  { name: 'validation', dependencies: ['normalisation'] },
)
