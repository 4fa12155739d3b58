import type { Endpoint, SandboxState } from './endpoint.ts'
import type { Answer } from './refusal.ts'

const refused = (status: number, error: string, description: string): Answer => ({
  status,
  body: { error, error_description: description, description },
})

const basicOf = (header: string): [string, string] => {
  const encoded = /^Basic (\S+)$/i.exec(header)?.[1] ?? ''
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return [id, secret.join(':')]
}

/**
 * `POST /oauth/token`, at the guides' API host and at the platform's login host. It does not count
 * towards a limit of calls.
 */
export const tokenEndpoint = (state: SandboxState): Endpoint => ({
  method: 'POST',
  path: '/oauth/token',
  operation: 'token',
  dialect: 'platform',
  handle: (call) => {
    if (state.faults.pick(['login-throttled'], call)) {
      state.book.token('throttled')
      // The login throttles with 400, not with 429 [platform-api: 2.2].
      return refused(400, 'invalid_request', 'rate limit exceeded, please try again later')
    }
    const form = call.body instanceof URLSearchParams ? call.body : new URLSearchParams()
    if (form.get('grant_type') !== 'client_credentials') {
      return refused(400, 'unsupported_grant_type', 'grant_type must be client_credentials')
    }
    const grant = state.tokens.issue(...basicOf(call.params['authorization'] ?? ''))
    if (!grant) {
      state.book.token('refused')
      return refused(401, 'invalid_client', 'client authentication failed')
    }
    state.book.token('issued')
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { access_token: grant.token, token_type: 'bearer', expires_in: grant.expiresInSeconds },
    }
  },
})
