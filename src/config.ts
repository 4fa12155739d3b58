import { z } from 'zod'

import {
  baseUrl,
  bearerToken,
  commaList,
  databaseUrl,
  hostNames,
  proxies,
} from './config-addresses.ts'
import { intakeOf, intakeVariables } from './config-intake.ts'
import {
  type Endpoint,
  encryptionKeys,
  genesysRegion,
  auditOf,
  auditVariables,
  guestFilesOf,
  guestFileVariables,
  type DncConfig,
  dncOf,
  dncVariables,
  segmentLeaves,
  SYNC_VARIABLES,
  syncEndpoints,
  uncheckedCertificates,
  webhookSecrets,
  wholeNumber,
} from './config-values.ts'
import { CONFIG_VARIABLES } from './config-variables.ts'
import { ENVIRONMENT_ENDPOINTS } from './domain/endpoints/outbound-event.ts'
import type { Region } from './domain/genesys/regions.ts'
import type { Leaf } from './domain/segments/segment.ts'
import { unprintable } from './lib/secrets/unprintable.ts'

/** Thrown if the configuration has faults. The message lists faults, and never a value. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'
}

export type Config = ReturnType<typeof auditOf> & {
  host: string
  port: number
  publicUrl: string | null
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  trustProxy: string[]
  home: { kind: 'embedded'; dataDir: string } | { kind: 'server'; url: string }
  dataDir: string
  /** The first key is the current one. null: the gateway makes a key and stores it in `dataDir`. */
  encryptionKeys: { id: string; key: Buffer }[] | null
  /** `kind` is `sandbox` if the sandbox, which simulates Genesys, runs in this process. */
  genesys: {
    kind: 'sandbox' | 'real'
    dialect: 'guide' | 'platform'
    region: Region
    apiUrl: string | null
    loginUrl: string | null
    clientId: string
    clientSecret: string
    requestsPerMinute: number
    batchRows: number | null
    /** Guide dialect: an upload with more accepted rows than this is sent as files. */
    fileThresholdRows: number
    /** Hosts of pre-signed URLs besides the API host. `*.name` allows every host below `name`. */
    uploadHosts: string[]
    completionPollMs: number
    indexWaitMs: number
    maxConcurrentDncWrites: number
  }
  /** null (sandbox only): the gateway makes a key and stores it in `dataDir`. */
  adminApiKey: string | null
  metricsToken: string | null
  keyRequestsPerMinute: number
  /** Secrets for webhooks of Genesys, the current one first. Empty: see `webhookSecretsOf`. */
  webhookSecrets: string[]
  endpoints: Endpoint[]
  /** Hosts besides loopback for which URLs of the environment and of Genesys may use http. */
  allowHttpHosts: string[]
  /** Hosts whose endpoints may have inner addresses. Empty if Genesys is not simulated. */
  innerEndpointHosts: string[]
  intake: ReturnType<typeof intakeOf>
  dnc: DncConfig
  guestFiles: ReturnType<typeof guestFilesOf>
  segments: {
    /** Comparisons by which every segment excludes contacts. */
    exclusions: Leaf[]
    confirmSharePercent: number
  }
}

const environmentSchema = z.object({
  HOST: z.string(),
  PORT: wholeNumber(0, 65_535),
  PUBLIC_URL: baseUrl.optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']),
  TRUST_PROXY: proxies.optional(),
  DATABASE_URL: databaseUrl.optional(),
  DATA_DIR: z.string(),
  ENCRYPTION_KEYS: encryptionKeys.optional(),
  ...auditVariables,
  GENESYS_DIALECT: z.enum(['guide', 'platform']).optional(),
  GENESYS_REGION: genesysRegion,
  GENESYS_CLIENT_ID: z.string().optional(),
  GENESYS_CLIENT_SECRET: z.string().optional(),
  GENESYS_API_URL: baseUrl.optional(),
  GENESYS_LOGIN_URL: baseUrl.optional(),
  GENESYS_SANDBOX: z.enum(['true', 'false']),
  GENESYS_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000).optional(),
  GENESYS_BATCH_ROWS: wholeNumber(1, 2500).optional(),
  GENESYS_FILE_THRESHOLD_ROWS: wholeNumber(0, 1_000_000_000),
  GENESYS_UPLOAD_HOSTS: commaList
    .refine(
      (hosts) => hosts.every((host) => /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)),
      'each must be a host name, or a pattern such as *.example.com',
    )
    .optional(),
  GENESYS_INDEX_WAIT_SECONDS: wholeNumber(0, 3_600),
  GENESYS_MAX_CONCURRENT_DNC_WRITES: wholeNumber(1, 50),
  GENESYS_COMPLETION_POLL_SECONDS: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number of seconds')
    .transform(Number)
    .refine((seconds) => seconds <= 3_600, 'must be at most 3600'),
  ADMIN_API_KEY: bearerToken(32).optional(),
  METRICS_TOKEN: bearerToken(16).optional(),
  KEY_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000),
  WEBHOOK_SECRET: webhookSecrets.optional(),
  ...syncEndpoints,
  ALLOW_HTTP_HOSTS: hostNames.default([]),
  ...intakeVariables,
  ...dncVariables,
  ...guestFileVariables,
  SEGMENT_EXCLUSIONS: segmentLeaves,
  SEGMENT_CONFIRM_SHARE: wholeNumber(0, 1_000_000),
})
type Environment = z.infer<typeof environmentSchema>

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const insecureUrls = (env: Environment): string[] => {
  const allowed = [...LOOPBACK, ...(env.ALLOW_HTTP_HOSTS ?? [])]
  const syncUrls = SYNC_VARIABLES.map(([, url]) => url)
  return (['GENESYS_API_URL', 'GENESYS_LOGIN_URL', ...syncUrls] as const)
    .filter((name) => {
      const url = env[name] ? new URL(env[name]) : null
      return url?.protocol === 'http:' && !allowed.includes(url.hostname)
    })
    .map((name) => `${name}: must be https (only loopback and ALLOW_HTTP_HOSTS may use http)`)
}

/** Finds faults that concern several variables. Called only if each variable alone is valid. */
const crossFaults = (env: Environment): string[] => {
  const half = (a: unknown, b: unknown): boolean => (a === undefined) !== (b === undefined)
  const credentials = env.GENESYS_CLIENT_ID !== undefined && env.GENESYS_CLIENT_SECRET !== undefined
  const sandbox = env.GENESYS_SANDBOX === 'true'
  const rules: [boolean, string][] = [
    [
      half(env.GENESYS_CLIENT_ID, env.GENESYS_CLIENT_SECRET),
      'GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET: set both or neither',
    ],
    [
      sandbox && credentials,
      'GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET: you must not set them with GENESYS_SANDBOX=true',
    ],
    [
      credentials && !env.GENESYS_DIALECT,
      'GENESYS_DIALECT: required if you set Genesys credentials. "platform" is the API that Genesys publishes; "guide" is the API of the integration guides',
    ],
    [
      !credentials && !sandbox && env.DATABASE_URL !== undefined,
      'GENESYS_CLIENT_ID: required with DATABASE_URL, unless GENESYS_SANDBOX=true',
    ],
    [
      env.DATABASE_URL !== undefined && !env.ENCRYPTION_KEYS,
      'ENCRYPTION_KEYS: required with DATABASE_URL',
    ],
    [
      env.GENESYS_DIALECT === 'platform' && half(env.GENESYS_API_URL, env.GENESYS_LOGIN_URL),
      'GENESYS_API_URL, GENESYS_LOGIN_URL: in the platform dialect, set both or neither. Otherwise, the gateway would use a host of the region for the missing URL, and send credentials to this host',
    ],
    [
      env.CLAMD_SOCKET !== undefined && env.CLAMD_HOST !== undefined,
      'CLAMD_SOCKET, CLAMD_HOST: set one of them, or neither',
    ],
    [credentials && !env.ADMIN_API_KEY, 'ADMIN_API_KEY: required outside the sandbox'],
    ...SYNC_VARIABLES.map(([, url, secret]): [boolean, string] => [
      half(env[url], env[secret]),
      `${url}, ${secret}: set both or neither`,
    ]),
  ]
  return [...insecureUrls(env), ...rules.filter(([broken]) => broken).map(([, fault]) => fault)]
}

const refuse = (faults: string[]): never => {
  throw new ConfigInvalid(
    `The configuration has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  )
}

/**
 * Finds misspelt GENESYS_ names. With the default instead of the intended value, the gateway could
 * send contacts to another Genesys organisation.
 */
const unknownNames = (source: Record<string, string | undefined>): string[] => {
  const known = new Set(CONFIG_VARIABLES.map(({ name }) => name))
  const misspelt = Object.keys(source).filter((name) => /^GENESYS_/i.test(name) && !known.has(name))
  const told = misspelt.map(
    (name) => `${name}: is not a variable of the gateway; .env.example lists all variables`,
  )
  return [...told, ...uncheckedCertificates(source)]
}

const parseEnvironment = (source: Record<string, string | undefined>): Environment => {
  const given = Object.fromEntries(
    CONFIG_VARIABLES.map(({ name, default: fallback }) => [
      name,
      source[name]?.trim() || (fallback ?? undefined),
    ]),
  )
  const unknown = unknownNames(source)
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    return refuse([...issues, ...unknown])
  }
  const faults = [...crossFaults(parsed.data), ...unknown]
  return faults.length > 0 ? refuse(faults) : parsed.data
}

const genesysConfig = (env: Environment): Config['genesys'] => {
  const dialect = env.GENESYS_DIALECT ?? 'guide'
  return {
    kind: env.GENESYS_CLIENT_ID === undefined ? 'sandbox' : 'real',
    dialect,
    region: env.GENESYS_REGION,
    apiUrl: env.GENESYS_API_URL ?? null,
    loginUrl: env.GENESYS_LOGIN_URL ?? null,
    clientId: env.GENESYS_CLIENT_ID ?? 'sandbox-client',
    clientSecret: env.GENESYS_CLIENT_SECRET ?? 'sandbox-secret',
    requestsPerMinute: env.GENESYS_REQUESTS_PER_MINUTE ?? (dialect === 'guide' ? 900 : 300),
    batchRows: env.GENESYS_BATCH_ROWS ?? null,
    fileThresholdRows: env.GENESYS_FILE_THRESHOLD_ROWS,
    uploadHosts: env.GENESYS_UPLOAD_HOSTS ?? [...env.GENESYS_REGION.uploadHosts],
    completionPollMs: env.GENESYS_COMPLETION_POLL_SECONDS * 1000,
    indexWaitMs: env.GENESYS_INDEX_WAIT_SECONDS * 1000,
    maxConcurrentDncWrites: env.GENESYS_MAX_CONCURRENT_DNC_WRITES,
  }
}

const endpointsOf = (env: Environment): Endpoint[] =>
  SYNC_VARIABLES.flatMap(([name, urlName, secretName]) => {
    const [url, secret] = [env[urlName], env[secretName]]
    return url && secret ? [{ name, url, secret, events: ENVIRONMENT_ENDPOINTS[name] }] : []
  })

/** Reads and checks the environment. Throws `ConfigInvalid` if it has faults. */
export const readConfig = (source: Record<string, string | undefined> = process.env): Config => {
  const env = parseEnvironment(source)
  const genesys = genesysConfig(env)
  const config: Config = {
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL ?? null,
    logLevel: env.LOG_LEVEL,
    trustProxy: env.TRUST_PROXY ?? [],
    home: env.DATABASE_URL
      ? { kind: 'server', url: env.DATABASE_URL }
      : { kind: 'embedded', dataDir: env.DATA_DIR },
    dataDir: env.DATA_DIR,
    encryptionKeys: env.ENCRYPTION_KEYS ?? null,
    ...auditOf(env),
    genesys,
    adminApiKey: env.ADMIN_API_KEY ?? null,
    metricsToken: env.METRICS_TOKEN ?? null,
    keyRequestsPerMinute: env.KEY_REQUESTS_PER_MINUTE,
    webhookSecrets: env.WEBHOOK_SECRET ?? [],
    endpoints: endpointsOf(env),
    allowHttpHosts: env.ALLOW_HTTP_HOSTS,
    innerEndpointHosts: genesys.kind === 'sandbox' ? env.ALLOW_HTTP_HOSTS : [],
    intake: intakeOf(env),
    dnc: dncOf(env),
    guestFiles: guestFilesOf(env),
    segments: {
      exclusions: env.SEGMENT_EXCLUSIONS,
      confirmSharePercent: env.SEGMENT_CONFIRM_SHARE,
    },
  }
  return unprintable(config, ['genesys', 'home', 'endpoints', 'encryptionKeys', 'webhookSecrets'])
}
