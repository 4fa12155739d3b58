import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { z } from 'zod'

import { shownName } from '../../domain/contacts/personal-name.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { DEEPEST_LEVEL, faultOfJson } from '../../domain/text/json-fault.ts'
import { wordsOfIssues } from '../server/issue-words.ts'
import { NOTHING } from '../server/route.ts'
import { refuseUnstorable } from '../server/storable-text.ts'
import { faultyByteOf, textOfBytes, whyNoJson } from '../submissions/json-text.ts'
import { submissionFormOf } from '../submissions/submission-form.ts'

/**
 * Makes zod report the value at fault, so that a missing value can be distinguished from a wrong
 * one. The answer never contains the value.
 */
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
 * The checked body. A route without a schema accepts a call without a body, or with the body `{}`,
 * which some clients send with every POST.
 */
const bodyOf = (schema: z.ZodType | undefined, body: unknown): unknown =>
  schema === undefined ? parseBody(NOTHING, body ?? {}) : parseBody(schema, body)

/** Refuses a query that cannot be decoded. Fastify would pass it on with its percent signs. */
const refuseUndecodable = (
  { url }: Pick<FastifyRequest, 'url'>,
  code: 'parameter-invalid' | 'option-invalid',
): void => {
  const at = url.indexOf('?')
  for (const pair of at === -1 ? [] : url.slice(at + 1).split('&')) {
    if (!pair.includes('%')) continue
    try {
      decodeURIComponent(pair)
    } catch {
      const name = shownName(pair.split('=', 1)[0]!)
      throw new GatewayProblem(
        code,
        `\`${name}\` has a percent sign that is not followed by two hexadecimal digits, or has bytes that are not UTF-8.`,
        { [code === 'option-invalid' ? 'options' : 'parameters']: [name] },
      )
    }
  }
}

const malformed = (detail: string, about: Record<string, unknown> = {}): GatewayProblem =>
  new GatewayProblem('body-malformed', detail, about)

/** The problem for which a JSON text is refused before it is parsed. null: none was found. */
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
 * Replaces the path parameters, the query and the JSON body of a call by what the route's strict
 * schemas accept. Where the route has no schema, nothing is accepted, except `{}` as the body. A
 * body that the handler reads itself (`reads`) is not replaced. With `reads: 'file'`, the query is
 * not replaced either.
 */
export const callShapePlugin = fp(
  async (app: FastifyInstance) => {
    app.decorateRequest('submissionForm', null)
    // Some clients send a Content-Type without a body. There is nothing to parse then.
    const parseJson = app.getDefaultJsonParser('error', 'error')
    app.removeContentTypeParser('application/json')
    app.addContentTypeParser<Buffer>(
      'application/json',
      { parseAs: 'buffer' },
      (request, bytes, done) => {
        const text = textOfBytes(bytes)
        if (text === null) {
          return done(malformed(`The body is not UTF-8 from byte ${faultyByteOf(bytes)} on.`))
        }
        if (text.trim() === '') return done(null)
        const refusal = refusalOf(text)
        if (refusal !== null) return done(refusal)
        void parseJson(request, text, (error, value) =>
          error === null ? done(null, value) : done(malformed(whyNoJson(text))),
        )
      },
    )
    // Checked before the body is parsed, so that a 415 precedes any 400.
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
      refuseUndecodable(request, reads === 'file' ? 'option-invalid' : 'parameter-invalid')
      request.params = parseParameters(params, request.params)
      // The options of a file have their own problem codes. They are checked later, together with
      // the options in the form.
      if (reads === 'file') return
      request.query = parseParameters(query, request.query)
      if (reads === undefined) request.body = bodyOf(body, request.body)
    })
  },
  { name: 'call-shape', dependencies: ['auth'] },
)
