import { page, type ProblemPage } from './problem-page.ts'

/**
 * Problems of calls that have a JSON body, change an object, register an endpoint or make a
 * contact list.
 */
export const ENDPOINT_PROBLEMS = {
  'body-invalid': page(
    400,
    'The body does not have the form that this call needs',
    'A member of the JSON body is unknown or missing, or its value is not valid. `fields` names the member, and the detail says what is allowed.',
    '{"name": "crm", "uri": "https://…"}',
    'Send only the members that the API document shows.',
  ),
  'precondition-required': page(
    428,
    'The request must name the version of the object in If-Match',
    'Others may have changed the object since you read it, so a call that changes the object needs an If-Match header.',
    'PATCH /v1/webhook-endpoints/whe_… without If-Match',
    'Read the object, and send its ETag as If-Match.',
  ),
  'precondition-failed': page(
    412,
    'The object was changed in the meantime',
    'If-Match does not name the present version of the object. Your call changed nothing.',
    'Two people edit the same endpoint.',
    'Read the object again, check whether you still want the change, and send the new ETag as If-Match.',
  ),
  'webhook-url-refused': page(
    422,
    'The gateway does not send to this URL',
    'A registered endpoint must use https, port 443 and a public address, without user, password or fragment. The detail names the rule that the URL breaks.',
    'https://10.0.0.7/hook',
    'Send the public https address of the receiver. For a private address, an operator must set the receiver in the environment (CRM_SYNC_URL, DMS_SYNC_URL, CDP_SYNC_URL, COMPLIANCE_SYNC_URL).',
  ),
  'webhook-endpoint-exists': page(
    409,
    'An endpoint with this name exists',
    'Each endpoint of a tenant needs a unique name. The names crm, dms, cdp and compliance are reserved for endpoints that environment variables define.',
    'The same POST twice.',
    'Choose another name, or find the endpoint with GET /v1/webhook-endpoints and change it.',
  ),
  'webhook-endpoints-too-many': page(
    409,
    'There are too many endpoints',
    'A tenant can have at most 50 endpoints, because the gateway may have to send each event to all of them.',
    'A script registers an endpoint at every start.',
    'Delete endpoints that you no longer use.',
  ),
  'webhook-endpoint-fixed': page(
    409,
    'The endpoint comes from the environment',
    'An operator set this endpoint with environment variables of the gateway. The API shows it, but cannot change it.',
    'POST …/rotate-secret for the endpoint crm',
    'Ask an operator to change this endpoint, or register a separate endpoint.',
  ),
  'webhook-endpoint-disabled': page(
    409,
    'The endpoint is disabled',
    'The gateway sends nothing to a disabled endpoint, so you can neither replay a delivery nor send a test.',
    'A replay after the endpoint answered 410.',
    'Enable the endpoint, then send the call again. To enable a registered endpoint, call PATCH with {"enabled": true}. The gateway enables an endpoint from the environment at its next start: ask an operator to restart the gateway.',
  ),
  'contact-list-exists': page(
    409,
    'A contact list with this name exists',
    'Genesys already has a contact list with exactly this name. If this list is granted to the tenant, `contactListId` is the id of the list. The gateway has not made a list.',
    'POST /v1/contact-lists with the name of a list that was made by hand.',
    'Use the existing list, or choose another name.',
  ),
  'contact-list-ambiguous': page(
    409,
    'It is not clear which contact list was created',
    'Genesys did not answer when the gateway made the list. Genesys now has either several new lists with this name, or one new list whose columns are not the columns that you requested. `candidates` is the number of new lists with this name.',
    'Another system makes a list with the same name in the same minute.',
    'Check the lists with this name in Genesys. Delete or rename the lists that you do not want. Then make the list again with a different name and a new Idempotency-Key.',
  ),
} as const satisfies Record<string, ProblemPage>
