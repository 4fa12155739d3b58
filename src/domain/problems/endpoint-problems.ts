import { page, type ProblemPage } from './problem-page.ts'

/**
 * Problems of calls that carry a JSON body, change an object, register an endpoint or make a
 * contact list.
 */
export const ENDPOINT_PROBLEMS = {
  'body-invalid': page(
    400,
    'The body does not have the form of this call',
    'A member of the JSON body is unknown, missing or has no valid value. `fields` names it, and the detail says what is permitted.',
    '{"name": "crm", "uri": "https://…"}',
    'Send exactly the members of the API document.',
  ),
  'precondition-required': page(
    428,
    'The request must name the version to change',
    'The call changes an object that others may have changed meanwhile, so it needs an If-Match header.',
    'PATCH /v1/webhook-endpoints/whe_… without If-Match',
    'Read the object, and send its ETag as If-Match.',
  ),
  'precondition-failed': page(
    412,
    'The object was changed in the meantime',
    'If-Match does not name the present version any more. Nothing was changed.',
    'Two people edit the same endpoint.',
    'Read the object again, decide again, and send the new ETag as If-Match.',
  ),
  'webhook-url-refused': page(
    422,
    'The gateway does not send to this URL',
    'A registered endpoint must be https on port 443 at a public address, without user and password. The detail says which of these is not met.',
    'https://10.0.0.7/hook',
    'Send the public https address of the receiver. For an inner address, an operator must name the receiver in the environment (CRM_SYNC_URL, DMS_SYNC_URL, CDP_SYNC_URL, COMPLIANCE_SYNC_URL).',
  ),
  'webhook-endpoint-exists': page(
    409,
    'An endpoint with this name exists',
    'The names of a tenant’s endpoints are unique, and crm, dms and cdp belong to the environment.',
    'The same POST twice.',
    'Choose another name, or find the endpoint with GET /v1/webhook-endpoints and change it.',
  ),
  'webhook-endpoints-too-many': page(
    409,
    'There are too many endpoints',
    'A tenant may have 50 endpoints, because every event goes to each of them.',
    'A script registers an endpoint at every start.',
    'Delete endpoints that you no longer use.',
  ),
  'webhook-endpoint-fixed': page(
    409,
    'The endpoint comes from the environment',
    'The gateway shows endpoints from the environment, but only an operator can change them. Their secrets are only in the environment.',
    'POST …/rotate-secret for the endpoint crm',
    'Ask an operator, or register an endpoint of your own.',
  ),
  'webhook-endpoint-disabled': page(
    409,
    'The endpoint is disabled',
    'The gateway sends nothing to a disabled endpoint, so you cannot replay a delivery.',
    'A replay after the endpoint answered 410.',
    'Enable the endpoint with PATCH {"enabled": true}, then replay.',
  ),
  'contact-list-exists': page(
    409,
    'A contact list with this name exists',
    'Genesys already has a contact list with exactly this name. `contactListId` names it if the tenant may use it. The gateway made nothing.',
    'POST /v1/contact-lists with the name of a list that was made by hand.',
    'Use that list, or choose another name.',
  ),
  'contact-list-ambiguous': page(
    409,
    'It is not clear which contact list was created',
    'Genesys did not answer the creation, and now has several new lists with this name, or one with other columns. `candidates` is their number.',
    'Another system makes a list of the same name in the same minute.',
    'Check the lists with this name in Genesys, and delete or rename those that you do not want. Then make the list again with another name and a new Idempotency-Key.',
  ),
} as const satisfies Record<string, ProblemPage>
