import type { Stage } from './stage.ts'

/** Calls the platform API of the stage's Genesys directly, with a separate token. */
export const callPlatform = async (
  { sandbox }: Stage,
  path: string,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
): Promise<Response> => {
  const granted = await fetch(`${sandbox.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('sandbox-client:sandbox-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token: token } = (await granted.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${token}` }
  return fetch(`${sandbox.url}${path}`, { method, headers })
}
