import { SEGMENT_LIMITS } from '../../../domain/segments/segment.ts'
import type { ExpectedVersions } from '../../../workflows/ports/segments/segments.ts'
import {
  PREVIEW_SEGMENT_REFUSALS,
  PUT_SEGMENT_REFUSALS,
  READ_SEGMENT_REFUSALS,
  RESUME_SEGMENT_REFUSALS,
  ROLL_BACK_SEGMENT_REFUSALS,
} from '../../../workflows/segments/refusals.ts'
import type { Answer } from '../../document/operation.ts'
import { KEYED } from '../../document/route-codes.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import { etagOf, tagsNamed } from '../../server/entity-tag.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import { routePath } from '../../server/route-path.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf } from '../../server/schemas.ts'
import {
  FIND_EXAMPLES,
  PREVIEW_EXAMPLES,
  PUT_EXAMPLES,
  RESUME_EXAMPLES,
  ROLLBACK_EXAMPLES,
  VERSIONS_EXAMPLES,
} from './segment-examples.ts'
import {
  campaignParamsSchema,
  definitionSchema,
  rollbackSchema,
  segmentPreviewSchema,
  segmentSchema,
  versionsQuerySchema,
} from './segment-schemas.ts'
import { houseOf, renderSegment } from './segment-view.ts'

const SEGMENT = '/v1/campaigns/:campaignId/segment'
const of = { access: { scope: 'segments' }, tag: 'segments', params: campaignParamsSchema } as const

const ACCEPTED: Answer = {
  about: 'The new version. The gateway applies it in the lane of the campaign',
  schema: segmentSchema,
  headers: ['Location', 'ETag', 'Idempotency-Replayed'],
}

/**
 * The versions that If-Match names. A tag that is not a whole number is left out, because no
 * version has it.
 */
const expectedOf = (ifMatch: string | undefined): ExpectedVersions => {
  if (ifMatch === undefined) return null
  if (ifMatch.trim() === '*') return 'any'
  return tagsNamed(ifMatch).flatMap((tag) => (/^[1-9]\d{0,8}$/u.test(tag) ? [Number(tag)] : []))
}

const etagOfAnswer = (body: string): string => etagOf(JSON.parse(body) as { version: number })

const registerWrites = (add: AddRoute): void => {
  add({
    ...of,
    method: 'PUT',
    url: SEGMENT,
    id: 'putSegment',
    summary:
      'Set whom the campaign dials. The gateway analyses the definition, counts the contacts, stores the definition and applies it',
    headers: { 'Idempotency-Key': 'required', 'If-Match': 'optional' },
    reads: 'json',
    body: definitionSchema,
    bodyLimit: SEGMENT_LIMITS.bodyBytes,
    answers: { 202: ACCEPTED },
    problems: [...KEYED, ...PUT_SEGMENT_REFUSALS],
    examples: PUT_EXAMPLES,
    handler: async (request, reply, { putSegment, validation, refuse }) => {
      const { campaignId } = request.params
      const sent: unknown = request.body
      const answer = await putSegment(
        { caller: request.caller!, campaignId, sent, read: validation.segment(sent) },
        {
          idempotencyKey: idempotencyKeyOf(refuse, request.headers, 'with the definition'),
          expected: expectedOf(request.headers['if-match']),
          method: 'PUT',
          path: routePath(request),
        },
      )
      return sendKept(reply.header('etag', etagOfAnswer(answer.body)), answer)
    },
  })
}

const registerMoves = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: `${SEGMENT}/rollback`,
    id: 'rollBackSegment',
    summary: 'Make a new version with the rules of an earlier version',
    headers: { 'Idempotency-Key': 'required', 'If-Match': 'optional' },
    body: rollbackSchema,
    answers: { 202: ACCEPTED },
    problems: [...KEYED, ...ROLL_BACK_SEGMENT_REFUSALS],
    examples: ROLLBACK_EXAMPLES,
    handler: async (request, reply, { rollBackSegment, validation, refuse }) => {
      const { campaignId } = request.params
      const answer = await rollBackSegment(
        { caller: request.caller!, campaignId, ...request.body, read: validation.segment },
        {
          idempotencyKey: idempotencyKeyOf(refuse, request.headers, 'with the version'),
          expected: expectedOf(request.headers['if-match']),
          method: 'POST',
          path: routePath(request),
        },
      )
      return sendKept(reply.header('etag', etagOfAnswer(answer.body)), answer)
    },
  })
  add({
    ...of,
    method: 'POST',
    url: `${SEGMENT}/resume`,
    id: 'resumeSegment',
    summary: 'Resume a version that is held as campaign_refused',
    answers: {
      200: { about: 'The version as it is now', schema: segmentSchema, headers: ['ETag'] },
    },
    problems: RESUME_SEGMENT_REFUSALS,
    examples: RESUME_EXAMPLES,
    handler: async ({ params, caller }, reply, { resumeSegment }) => {
      const segment = await resumeSegment(caller!, params.campaignId)
      return reply.header('etag', etagOf(segment)).send(renderSegment(segment))
    },
  })
}

const registerReads = (add: AddRoute): void => {
  add({
    ...of,
    method: 'GET',
    url: SEGMENT,
    id: 'getSegment',
    summary: 'Read the newest version: its state, its rules, and the findings about the rules',
    answers: { 200: { about: 'The newest version', schema: segmentSchema, headers: ['ETag'] } },
    problems: READ_SEGMENT_REFUSALS,
    examples: FIND_EXAMPLES,
    handler: async ({ params, caller }, reply, { readSegments }) => {
      const segment = await readSegments.find(caller!, params.campaignId)
      return reply.header('etag', etagOf(segment)).send(renderSegment(segment))
    },
  })
  add({
    ...of,
    method: 'POST',
    url: `${SEGMENT}/preview`,
    id: 'previewSegment',
    summary:
      'Show how many contacts a definition would select, and what it would change. Nothing is stored, and the campaign is not changed. In the platform dialect, Genesys counts the contacts',
    reads: 'json',
    body: definitionSchema,
    bodyLimit: SEGMENT_LIMITS.bodyBytes,
    answers: { 200: { about: 'The effect of the definition', schema: segmentPreviewSchema } },
    problems: PREVIEW_SEGMENT_REFUSALS,
    examples: PREVIEW_EXAMPLES,
    handler: async (request, _reply, { previewSegment, validation }) => {
      const { campaignId } = request.params
      const sent: unknown = request.body
      const read = validation.segment(sent)
      const asked = { caller: request.caller!, campaignId, sent, read }
      const { house, compiled, analysis, reasons } = await previewSegment(asked)
      return {
        ...{ campaignId, definition: sent, house: houseOf(house), analysis },
        ruleCount: compiled.ruleCount,
        compiled: compiled.body,
        needsConfirm: reasons,
      }
    },
  })
  add({
    ...of,
    method: 'GET',
    url: `${SEGMENT}/versions`,
    id: 'listSegmentVersions',
    summary: 'List all versions, newest first',
    query: versionsQuerySchema,
    answers: { 200: { about: 'A page of versions', schema: pageOf(segmentSchema) } },
    problems: READ_SEGMENT_REFUSALS,
    examples: VERSIONS_EXAMPLES,
    handler: async ({ params, query, caller }, _reply, { readSegments, refuse }) => {
      const { limit, cursor = null } = query
      const page = await readSegments.versions(caller!, params.campaignId, { limit, cursor })
      if (page === null) throw cursorUnreadable(refuse)
      return { items: page.items.map(renderSegment), next: page.next }
    },
  })
}

/** /v1/campaigns/{campaignId}/segment: whom a campaign dials. */
export const registerSegments = (add: AddRoute): void => {
  registerWrites(add)
  registerMoves(add)
  registerReads(add)
}
