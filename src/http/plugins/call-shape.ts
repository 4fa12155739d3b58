import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { z } from 'zod'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import { wordsOfIssues } from '../server/issue-words.ts'
import { NOTHING } from '../server/route.ts'
import { refuseUnstorable } from '../server/storable-text.ts'
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

/** Levels of arrays and objects in a body; a segment, the deepest of them, needs a quarter. */
const DEEPEST_LEVEL = 64

/**
 * Whether the text nests deeper; what walks a value level by level, ours and others' code alike,
 * would run out of stack.
 */
const isTooDeep = (json: string): boolean => {
  let level = 0
  for (const [mark] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gsu)) {
    if (mark === '[' || mark === '{') level += 1
    else if (mark === ']' || mark === '}') level -= 1
    if (level > DEEPEST_LEVEL) return true
  }
  return false
}

const tooDeep = (): GatewayProblem =>
  new GatewayProblem('body-malformed', `The body nests deeper than ${DEEPEST_LEVEL} levels.`)

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
    app.addContentTypeParser<string>(
      'application/json',
      { parseAs: 'string' },
      (request, text, done) => {
        if (text.trim() === '') done(null)
        else if (isTooDeep(text)) done(tooDeep())
        else void parseJson(request, text, done)
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
