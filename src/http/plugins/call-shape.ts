import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { z } from 'zod'

import { shownName } from '../../domain/contacts/personal-name.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { wordsOfIssues } from '../server/issue-words.ts'
import { NOTHING } from '../server/route.ts'
import { refuseUnstorable } from '../server/storable-text.ts'
import { DEEPEST_LEVEL, faultOfJson, textOfBytes } from '../submissions/json-text.ts'
import { submissionFormOf } from '../submissions/submission-form.ts'

/** Distinguishes missing values from wrong ones; the values stay with the issues. */
const WITH_INPUT = { reportInput: true }

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

/**
 * What the route declares. One that declares none takes none, but for `{}`, which clients send that
 * know no POST without a body.
 */
const bodyOf = (schema: z.ZodType | undefined, body: unknown): unknown =>
  schema === undefined ? parseBody(NOTHING, body ?? {}) : parseBody(schema, body)

const malformed = (detail: string, about: Record<string, unknown> = {}): GatewayProblem =>
  new GatewayProblem('body-malformed', detail, about)

/** Why a text must not be parsed; null: nothing is known against it. */
const refusalOf = (text: string): GatewayProblem | null => {
  const fault = faultOfJson(text)
  if (fault === null) return null
  if (fault.kind === 'too-deep') {
    return malformed(`The body nests deeper than ${DEEPEST_LEVEL} levels.`)
  }
  const name = shownName(fault.name)
  return malformed(`The body has the member \`${name}\` twice in one object.`, { fields: [name] })
}

/**
 * Replaces path, query and JSON body of every call by their checked form, according to the route's
 * strict schemas. A route that declares none accepts none.
 */
export const callShapePlugin = fp(
  async (app: FastifyInstance) => {
    app.decorateRequest('submissionForm', null)
    // Clients name a type even where they send nothing: that is no body.
    const parseJson = app.getDefaultJsonParser('error', 'error')
    app.removeContentTypeParser('application/json')
    app.addContentTypeParser<Buffer>(
      'application/json',
      { parseAs: 'buffer' },
      (request, bytes, done) => {
        const text = textOfBytes(bytes)
        if (text === null) return done(malformed('The body is not UTF-8.'))
        if (text.trim() === '') return done(null)
        const refusal = refusalOf(text)
        if (refusal !== null) return done(refusal)
        void parseJson(request, text, done)
      },
    )
    // 415 comes before every 400.
    app.addHook('preParsing', async (request) => {
      const { operation } = request.routeOptions.config
      if (operation?.reads === 'file') {
        request.submissionForm = submissionFormOf(request.headers, operation)
      } else if (request.headers['content-encoding'] !== undefined) {
        throw new GatewayProblem(
          'media-type-unsupported',
          'Send the body without Content-Encoding.',
        )
      }
    })
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
  { name: 'call-shape', dependencies: ['auth'] },
)
