import type { TestContext } from 'node:test'

import sdk from 'purecloud-platform-client-v2'

import type { SandboxOptions } from '../../src/sandbox/server/start-sandbox.ts'
import { CLIENT, openSandbox } from './caller.ts'

/**
 * The official SDK, with the sandbox as both its API host and its login host. There is one SDK in
 * each process.
 */
export const openWithSdk = async (t: TestContext, options: Partial<SandboxOptions> = {}) => {
  const caller = await openSandbox(t, options)
  const { hostname, port } = new URL(caller.sandbox.url)
  const client = sdk.ApiClient.instance
  client.config.setGateway({
    host: hostname,
    protocol: 'http',
    port: Number(port),
    path_params_login: '',
    path_params_api: '',
  })
  await client.loginClientCredentialsGrant(CLIENT.clientId, CLIENT.clientSecret)
  return {
    ...caller,
    outbound: new sdk.OutboundApi(),
    conversations: new sdk.ConversationsApi(),
  }
}

/** The status and the code of the error with which a call of the SDK ends. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    // The SDK rejects with the platform's ErrorBody itself.
    (error: { status?: number; code?: string }) => `${error.status} ${error.code}`,
  )
