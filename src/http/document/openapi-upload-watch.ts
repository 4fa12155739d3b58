import {
  contactExplainedSchema,
  explainQuerySchema,
} from '../routes/contact-lists/contact-explain-schemas.ts'
import type { Operation } from './openapi-operation.ts'

/** The calls that follow an upload and explain a contact, as the API document tells them. */
export const WATCH_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/uploads/{uploadId}/events',
    id: 'followUpload',
    summary:
      'Server-sent events `state`, `progress` and at last `end`; the id of an event is the version of the upload',
    access: 'uploads',
    lastEventId: true,
    responses: [
      {
        status: 200,
        about:
          'The stream: now, then whenever a look once a second finds a newer version, until the final state',
        mediaTypes: ['text/event-stream'],
      },
      { status: 204, about: 'The upload has ended, and Last-Event-ID names its last version' },
    ],
    problems: ['not-found', 'too-many-streams'],
  },
  {
    method: 'get',
    path: '/v1/contact-lists/{contactListId}/contacts/{contactId}/explain',
    id: 'explainContact',
    summary:
      'Why a contact was or was not sent: its rows, newest upload first, and what Genesys acknowledged last',
    access: 'uploads',
    query: explainQuerySchema,
    responses: [
      {
        status: 200,
        about: 'A page; it may have no items and yet a next one',
        schema: contactExplainedSchema,
      },
    ],
    problems: ['not-found', 'contact-unknown'],
  },
]
