import type { ApiOperation } from '../fuzz/api-document.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { CANARIES } from './canaries.ts'

const { firstName, email, phone, lastName } = CANARIES

type Call = { path: string; init: RequestInit }

const json = (body: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

const WITH_HEADERS = {
  'user-agent': firstName,
  referer: `https://example.org/?email=${email}`,
  cookie: `name=${firstName}`,
  'idempotency-key': CANARIES.idempotencyKey,
  'if-match': `"${firstName}"`,
  'if-none-match': `"${firstName}"`,
  'last-event-id': phone,
  'x-file-name': encodeURIComponent(CANARIES.fileName),
  'webhook-id': firstName,
  'webhook-timestamp': phone,
  'webhook-signature': CANARIES.forgedSignature,
  from: email,
}

/**
 * Calls of an operation that have private values in every place of a message. They are refused, or
 * answered without keeping any of these values.
 */
const callsOf = ({ method, path, parameters }: ApiOperation): Call[] => {
  const at = (value: string): string => path.replaceAll(/\{\w+\}/gu, encodeURIComponent(value))
  const named = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  const queryOf = (value: string): string =>
    [...named, email].map((name) => `${name}=${encodeURIComponent(value)}`).join('&')
  const reads = method === 'GET'
  // An unknown member, which every operation refuses. The refusal quotes the names of members to
  // the sender, except those that look like data of a person.
  const bodies = reads ? [{}] : [json({ [email]: lastName, phoneNumber: phone, email: firstName })]
  const malformed = reads ? [] : [json(`{"${email}":"${firstName}",`), json(`"${email}"`)]
  const typed = reads
    ? []
    : [
        { headers: { 'content-type': `text/x-${firstName}` }, body: email },
        {
          headers: { 'content-type': `multipart/form-data; boundary=${firstName}` },
          body: `--${firstName}\r\n${email}`,
        },
      ]
  const places = [email, `+1${phone} ${firstName} ${lastName}`]
  const calls: Call[] = [
    ...places.flatMap((value) => bodies.map((init) => ({ path: at(value), init }))),
    ...places.flatMap((value) =>
      bodies.map((init) => ({ path: `${at('demo-contacts')}?${queryOf(value)}`, init })),
    ),
    ...[...malformed, ...typed].map((init) => ({ path: at('demo-contacts'), init })),
    ...bodies.map((init) => ({
      path: at('demo-contacts'),
      init: { ...init, headers: { ...init.headers, ...WITH_HEADERS } },
    })),
    {
      path: `${at('demo-contacts')}?token=${CANARIES.forgedToken}`,
      init: { headers: { authorization: `Bearer ${CANARIES.forgedKey}` } },
    },
  ]
  return calls.map((call) => ({ ...call, init: { ...call.init, method } }))
}

/**
 * Calls every operation with private values in every place. Returns the problems that were
 * answered.
 */
export const callEveryRoute = async (
  client: GatewayClient,
  operations: readonly ApiOperation[],
): Promise<{ calls: number; problems: string[] }> => {
  const problems: string[] = []
  let calls = 0
  for (const operation of operations) {
    for (const { path, init } of callsOf(operation)) {
      calls += 1
      const { status, headers, text } = await client.call(path, init)
      if (status >= 400) problems.push([...headers, text].join('\n'))
    }
  }
  return { calls, problems }
}
