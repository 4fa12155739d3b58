import { page, type ProblemPage } from './problem-page.ts'

/** What can be wrong with calls that carry a JSON body, change a thing, register an endpoint or make a contact list. */
export const ENDPOINT_PROBLEMS = {
  'body-invalid': page(
    400,
    'The body does not have the form of this call',
    'A member of the JSON body is unknown, missing or has no valid value; `fields` names them, the detail says what is permitted.',
    '{"name": "crm", "uri": "https://…"}',
    'Send exactly the members of the API document.',
  ),
  'precondition-required': page(
    428,
    'The request must name the version to change',
    'The call changes a thing that others may have changed meanwhile, so it needs an If-Match header.',
    'PATCH /v1/webhook-endpoints/whe_… without If-Match',
    'Read the thing, and send its ETag as If-Match.',
  ),
  'precondition-failed': page(
    412,
    'It was changed in the meantime',
    'The version in If-Match is no longer the present one. Nothing was changed.',
    'Two people edit the same endpoint.',
    'Read it again, decide anew, and send the new ETag as If-Match.',
  ),
  'webhook-url-refused': page(
    422,
    'The gateway sends nothing to this URL',
    'A registered endpoint must be https on port 443 at a public address, without user and password; the detail says what is not so.',
    'https://10.0.0.7/hook',
    'Give the public https address of the receiver. For an inner address an operator names the receiver in the environment (CRM_SYNC_URL, DMS_SYNC_URL, CDP_SYNC_URL, COMPLIANCE_SYNC_URL).',
  ),
  'webhook-endpoint-exists': page(
    409,
    'An endpoint of this name exists',
    'The names of a tenant’s endpoints are unique, and crm, dms and cdp belong to the environment.',
    'The same POST twice.',
    'Choose another name, or find the endpoint with GET /v1/webhook-endpoints and change it.',
  ),
  'webhook-endpoints-too-many': page(
    409,
    'There are too many endpoints',
    'A tenant may have 50 endpoints, for each of them is told every event.',
    'A script registers an endpoint at every start.',
    'Delete endpoints that are no longer used.',
  ),
  'webhook-endpoint-fixed': page(
    409,
    'The endpoint comes from the environment',
    'Endpoints from the environment are shown, but only the operator changes them, and their secrets are not kept twice.',
    'POST …/rotate-secret for the endpoint crm',
    'Ask an operator, or register an endpoint of your own.',
  ),
  'webhook-endpoint-disabled': page(
    409,
    'The endpoint is disabled',
    'Nothing is sent to a disabled endpoint, so a delivery cannot be replayed.',
    'A replay after the endpoint answered 410.',
    'Enable the endpoint with PATCH {"enabled": true}, then replay.',
  ),
  'contact-list-exists': page(
    409,
    'A contact list of this name exists',
    'Genesys has a contact list of exactly this name already; `contactListId` names it when the tenant may use it. Nothing was made.',
    'POST /v1/contact-lists with the name of a list made by hand.',
    'Use that list, or choose another name.',
  ),
  'contact-list-ambiguous': page(
    409,
    'It is not clear which contact list was created',
    'Genesys did not answer the creation, and now has several new lists of this name, or one with other columns; `candidates` says how many.',
    'Another system makes a list of the same name in the same minute.',
    'Look at the lists of this name in Genesys, delete or rename what is not wanted, and make the list anew with another name and a new Idempotency-Key.',
  ),
} as const satisfies Record<string, ProblemPage>
