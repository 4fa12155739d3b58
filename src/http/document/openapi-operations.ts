import { FILE_PROBLEMS } from '../../domain/problems/file-problems.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import {
  contactListsQuerySchema,
  newContactListSchema,
  provisionedListSchema,
} from '../routes/contact-lists/contact-list-schemas.ts'
import { limitsSchema } from '../routes/operations/limits-schema.ts'
import {
  contactListSchema,
  contactListSummarySchema,
  pageOf,
  readinessSchema,
  rowSchema,
  rowsQuerySchema,
  uploadCallOptionsSchema,
  uploadSchema,
  uploadsQuerySchema,
  validationSchema,
} from '../server/schemas.ts'
import { ENDPOINT_OPERATIONS } from './openapi-endpoints.ts'
import { JSON_BODY, KEYED, type Operation } from './openapi-operation.ts'
import { CONTROL_OPERATIONS } from './openapi-upload-control.ts'
import { WATCH_OPERATIONS } from './openapi-upload-watch.ts'
import { WEBHOOK_OPERATIONS } from './openapi-webhook-operations.ts'

const LIST: ProblemCode[] = ['not-found', 'genesys-unavailable', 'genesys-refused']

const page = (path: string, id: string, summary: string, params: ProblemCode[]): Operation => ({
  method: 'get',
  path,
  id,
  summary,
  access: 'public',
  responses: [
    {
      status: 200,
      about: 'The page',
      mediaTypes: ['text/html', 'application/json'],
      headers: ['Vary'],
    },
  ],
  problems: params,
})

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/contact-lists/{contactListId}/uploads',
    id: 'createUpload',
    summary: 'Send contacts for a contact list; 202 means that they are durably accepted',
    access: 'uploads',
    query: uploadCallOptionsSchema,
    upload: true,
    responses: [
      {
        status: 200,
        about: 'With validateOnly: what would become of the rows',
        schema: validationSchema,
      },
      {
        status: 202,
        about: 'Accepted; Location names the upload',
        schema: uploadSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    ],
    problems: [
      ...LIST,
      'media-type-unsupported',
      ...KEYED,
      'option-unknown',
      'option-invalid',
      'capability-not-available',
      'multipart-malformed',
      'multipart-too-large',
      'body-broken-off',
      'body-too-slow',
      ...(Object.keys(FILE_PROBLEMS) as (keyof typeof FILE_PROBLEMS)[]),
    ],
  },
  {
    method: 'get',
    path: '/v1/uploads',
    id: 'listUploads',
    summary: 'Uploads, newest first',
    access: 'uploads',
    query: uploadsQuerySchema,
    responses: [{ status: 200, about: 'A page of uploads', schema: pageOf(uploadSchema) }],
    problems: [],
  },
  {
    method: 'get',
    path: '/v1/uploads/{uploadId}',
    id: 'getUpload',
    summary: 'One upload',
    access: 'uploads',
    ifNoneMatch: true,
    responses: [
      {
        status: 200,
        about: 'The upload; ETag is its version, or its planDigest while it waits for /apply',
        schema: uploadSchema,
        headers: ['ETag'],
      },
      {
        status: 304,
        about: 'Not changed since the version in If-None-Match',
        headers: ['ETag'],
      },
    ],
    problems: ['not-found'],
  },
  {
    method: 'get',
    path: '/v1/uploads/{uploadId}/rows',
    id: 'listUploadRows',
    summary:
      'What became of the rows, in input order; as CSV the original columns and _line, _outcome, _code, _reason',
    access: 'uploads',
    query: rowsQuerySchema,
    responses: [
      {
        status: 200,
        about: 'A page of rows, or all as CSV',
        schema: pageOf(rowSchema),
        mediaTypes: ['application/json', 'text/csv'],
        headers: ['Content-Disposition', 'Vary'],
      },
    ],
    problems: ['not-found', 'rows-gone'],
  },
  ...CONTROL_OPERATIONS,
  ...WATCH_OPERATIONS,
  {
    method: 'post',
    path: '/v1/contact-lists',
    id: 'createContactList',
    summary:
      'Make a contact list in Genesys; 201 once it takes contacts, or with its state after 30 s',
    access: 'lists',
    body: newContactListSchema,
    idempotencyKey: true,
    responses: [
      {
        status: 201,
        about: 'The list; Location names it',
        schema: provisionedListSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    ],
    problems: [
      ...JSON_BODY,
      ...KEYED,
      'contact-list-exists',
      'contact-list-ambiguous',
      'genesys-unavailable',
      'genesys-refused',
    ],
  },
  {
    method: 'get',
    path: '/v1/contact-lists',
    id: 'listContactLists',
    summary: 'The contact lists that the tenant may use',
    access: 'lists',
    query: contactListsQuerySchema,
    responses: [
      { status: 200, about: 'A page of contact lists', schema: pageOf(contactListSummarySchema) },
    ],
    problems: ['genesys-unavailable', 'genesys-refused'],
  },
  {
    method: 'get',
    path: '/v1/contact-lists/{contactListId}',
    id: 'getContactList',
    summary: 'One contact list: its columns and its state in Genesys',
    access: 'lists',
    responses: [{ status: 200, about: 'The contact list', schema: contactListSchema }],
    problems: LIST,
  },
  ...WEBHOOK_OPERATIONS,
  ...ENDPOINT_OPERATIONS,
  {
    method: 'get',
    path: '/limits',
    id: 'getLimits',
    summary:
      'The limits in force for the caller: files, rows, batches, the pace at Genesys, calls of the key',
    access: 'key',
    responses: [{ status: 200, about: 'The limits', schema: limitsSchema }],
    problems: [],
  },
  {
    method: 'get',
    path: '/livez',
    id: 'livez',
    summary: 'Whether the process lives',
    access: 'public',
    responses: [{ status: 200, about: 'It does', mediaTypes: ['application/json'] }],
    problems: [],
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'readyz',
    summary: 'Whether the gateway takes uploads, what is missing, and whether Genesys is simulated',
    access: 'public',
    responses: [
      { status: 200, about: 'Ready', schema: readinessSchema },
      { status: 503, about: 'Not ready', schema: readinessSchema },
    ],
    problems: [],
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    summary: 'Prometheus metrics; free from loopback, else with METRICS_TOKEN or an admin key',
    access: 'metrics',
    responses: [{ status: 200, about: 'Metrics', mediaTypes: ['text/plain'] }],
    problems: [],
  },
  page('/problems', 'listProblems', 'All problem codes and row codes', []),
  page('/problems/{code}', 'getProblem', 'What a code means and how it is mended', ['not-found']),
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    summary: 'This document',
    access: 'public',
    responses: [{ status: 200, about: 'OpenAPI 3.1', mediaTypes: ['application/json'] }],
    problems: [],
  },
]
