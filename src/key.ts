import { parseArgs } from 'node:util'

import { type Config, ConfigInvalid, readConfig } from './config.ts'
import { SCOPES } from './domain/access/access.ts'
import type { QuotaName } from './domain/access/quotas.ts'
import type { GrantField } from './domain/access/tenant.ts'
import { presentAdminKey } from './kept-keys.ts'

/**
 * Manages tenants and keys from the shell. Uses the API of a running gateway, because only one
 * process can open an embedded database. The address is that of `--url`, or else that of the
 * gateway's configuration. The admin key is in this configuration or in DATA_DIR. Results go to
 * stdout as JSON, and refusals to stderr.
 */
const GRANT_OPTIONS = {
  'contact-lists': 'contactLists',
  'dnc-lists': 'dncLists',
  campaigns: 'campaigns',
  'external-contacts': 'externalContacts',
  conversations: 'conversations',
} as const satisfies Record<string, GrantField>

const QUOTA_OPTIONS = {
  'rows-per-day': 'rowsPerDay',
  'open-uploads': 'openUploads',
  'requests-per-minute': 'requestsPerMinute',
} as const satisfies Record<string, QuotaName>

const USAGE = `npm run key -- tenant --name NAME [--${Object.keys(GRANT_OPTIONS).join(' ID,ID | --')} ID,ID]
          [--rows-per-day N] [--open-uploads N] [--requests-per-minute N]
npm run key -- create --tenant NAME --scopes SCOPE,SCOPE [--name NAME] [--expires 2027-01-31T00:00:00Z]
npm run key -- list [--tenant NAME]
npm run key -- rotate KEY_ID [--overlap-hours 24]
npm run key -- revoke KEY_ID

Separate the ids of grants with commas, or use '*' for all. Scopes: ${SCOPES.join(', ')}.
Every command accepts --url URL, the address of the gateway. Default: the gateway on this machine.
`

class Refused extends Error {
  override readonly name = 'Refused'
}

const text = { type: 'string' } as const

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      ...{ name: text, tenant: text, scopes: text, expires: text, url: text },
      ...{ 'overlap-hours': text, help: { type: 'boolean' } },
      ...{ 'contact-lists': text, 'dnc-lists': text, campaigns: text },
      ...{ 'external-contacts': text, conversations: text },
      ...{ 'rows-per-day': text, 'open-uploads': text, 'requests-per-minute': text },
    },
  })

type Given = ReturnType<typeof readArguments>['values']
type Call = (method: string, path: string, body?: object) => Promise<Record<string, unknown>>
type Listed = { items: { id: string }[]; next: string | null }

const addressOf = ({ host, port }: Config): string => {
  const open = host === '0.0.0.0' || host === '::'
  const name = open ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

const createCall =
  (address: string, adminKey: string): Call =>
  async (method, path, body) => {
    const answer = await fetch(`${address}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(path === '/v1/tenants' && { 'idempotency-key': crypto.randomUUID() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Refused(
        `No gateway answers at ${address}. Start the gateway, or name its address with --url.`,
      )
    })
    const said = await answer.text()
    const content = said === '' ? {} : (JSON.parse(said) as Record<string, unknown>)
    if (answer.ok) return content
    const { code = answer.status, detail = '' } = content as { code?: string; detail?: string }
    throw new Refused(`${code}: ${detail}`)
  }

const needed = (given: Given, option: 'name' | 'tenant' | 'scopes'): string => {
  const value = given[option]
  if (value === undefined) throw new Refused(`--${option} is missing.\n${USAGE}`)
  return value
}

const keyIdOf = (id: string | undefined): string => {
  if (id === undefined) throw new Refused(`The id of the key is missing.\n${USAGE}`)
  return encodeURIComponent(id)
}

const withCommas = (given: string): string[] => given.split(',').map((part) => part.trim())

const grantsOf = (given: Given): Partial<Record<GrantField, '*' | string[]>> =>
  Object.fromEntries(
    Object.entries(GRANT_OPTIONS).flatMap(([option, field]) => {
      const ids = given[option as keyof typeof GRANT_OPTIONS]
      return ids === undefined ? [] : [[field, ids === '*' ? '*' : withCommas(ids)]]
    }),
  )

const quotasOf = (given: Given): Partial<Record<QuotaName, number>> =>
  Object.fromEntries(
    Object.entries(QUOTA_OPTIONS).flatMap(([option, quota]) => {
      const limit = given[option as keyof typeof QUOTA_OPTIONS]
      return limit === undefined ? [] : [[quota, Number(limit)]]
    }),
  )

const tenantIdOf = async (call: Call, name: string): Promise<string> => {
  const found = await call('GET', `/v1/tenants?name=${encodeURIComponent(name)}`)
  const [tenant] = (found as Listed).items
  if (tenant !== undefined) return tenant.id
  throw new Refused(
    `The tenant ${name} does not exist. Make it: npm run key -- tenant --name ${name}`,
  )
}

/** All keys, from all pages of the list. */
const allKeys = async (call: Call, tenantId: string | null): Promise<object[]> => {
  const keys: object[] = []
  const of = tenantId === null ? '' : `&tenantId=${tenantId}`
  for (let cursor = ''; ;) {
    const page = (await call('GET', `/v1/keys?limit=200${of}${cursor}`)) as Listed
    keys.push(...page.items)
    if (page.next === null) return keys
    cursor = `&cursor=${encodeURIComponent(page.next)}`
  }
}

const COMMANDS: Record<
  string,
  (call: Call, given: Given, id: string | undefined) => Promise<object>
> = {
  tenant: (call, given) =>
    call('POST', '/v1/tenants', {
      name: needed(given, 'name'),
      grants: grantsOf(given),
      quotas: quotasOf(given),
    }),
  create: async (call, given) => {
    const tenant = needed(given, 'tenant')
    return call('POST', '/v1/keys', {
      tenantId: await tenantIdOf(call, tenant),
      name: given.name ?? tenant,
      scopes: withCommas(needed(given, 'scopes')),
      ...(given.expires !== undefined && { expiresAt: given.expires }),
    })
  },
  list: async (call, { tenant }) =>
    allKeys(call, tenant === undefined ? null : await tenantIdOf(call, tenant)),
  rotate: (call, given, id) =>
    call('POST', `/v1/keys/${keyIdOf(id)}/rotate`, {
      ...(given['overlap-hours'] !== undefined && { overlapHours: Number(given['overlap-hours']) }),
    }),
  revoke: (call, _given, id) => call('DELETE', `/v1/keys/${keyIdOf(id)}`),
}

const run = async (): Promise<void> => {
  const { values: given, positionals } = readArguments()
  const [name = '', id] = positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (given.help === true || command === undefined) {
    process.stdout.write(USAGE)
    process.exitCode = given.help === true ? 0 : 2
    return
  }
  const config = readConfig()
  const adminKey = presentAdminKey(config)
  if (adminKey === null) {
    throw new Refused('There is no admin key: set ADMIN_API_KEY, or start the gateway once.')
  }
  const call = createCall(given.url ?? addressOf(config), adminKey)
  process.stdout.write(`${JSON.stringify(await command(call, given, id), null, 2)}\n`)
}

await run().catch((error: unknown) => {
  const said = error instanceof Error ? error.message : 'unknown'
  process.stderr.write(`${said}\n`)
  process.exitCode = error instanceof ConfigInvalid || error instanceof Refused ? 1 : 2
})
