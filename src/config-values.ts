import { z } from 'zod'

import { commaList, webUrl } from './config-addresses.ts'
import { DNC_REASON_NAMES, type DncReason, type DncRules } from './domain/do-not-call/dnc-entry.ts'
import {
  registryCountrySchema,
  registryNameSchema,
} from './domain/do-not-call/registries/edition-options.ts'
import type { EndpointEventType } from './domain/endpoints/outbound-event.ts'
import { REGIONS, resolveRegion } from './domain/genesys/regions.ts'
import { MAX_FILE_BYTES } from './domain/guest-files/file-type.ts'
import { isPhoneRegion } from './domain/phones/phone-library.ts'
import { createFaultBook } from './domain/segments/definition-faults.ts'
import { isObject, readLeaf } from './domain/segments/read-node.ts'
import type { Leaf } from './domain/segments/segment.ts'

/** `pullMs` 0: a list is pulled only when a caller requests it. */
export type DncConfig = DncRules & {
  pullMs: number
  /**
   * How many days old an edition may be when a contact is sent. Applies to registries that have no
   * `maxAgeDays`. null: the limit in the law of the country, or 31 days if the gateway has no rule
   * for the country.
   */
  maxAgeDays: number | null
  /**
   * For each country, the registry that a tenant must use before contacts of that country are sent.
   */
  requiredRegistries: ReadonlyMap<string, string>
  /** Countries for which a row is sent only if it shows that the person agreed to be called. */
  consentCountries: ReadonlySet<string>
}

/** A whole number from `least` to `most`. */
export const wholeNumber = (least: number, most: number) => {
  const fault = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d+$/, fault)
    .transform(Number)
    .refine((value) => value >= least && value <= most, fault)
}

export type Endpoint = {
  name: string
  url: string
  secret: string
  events: readonly EndpointEventType[]
}

/**
 * Encryption keys as `id:base64 of 32 bytes`, separated by commas. The first key is the current
 * one.
 */
export const encryptionKeys = z.string().transform((text, context) => {
  const keys = text.split(',').map((entry) => {
    const [id = '', base64 = ''] = entry.trim().split(/:(.*)/s)
    const key = Buffer.from(base64, 'base64')
    // Node skips characters that are not base64, so a mistyped key would become a different key.
    const isExact = key.length === 32 && key.toString('base64') === base64
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id) || !isExact) {
      context.addIssue({ code: 'custom', message: 'each entry must be id:<32 bytes in base64>' })
    }
    return { id, key }
  })
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    context.addIssue({ code: 'custom', message: 'each id must appear only once' })
  }
  return keys
})

const isWebhookSecret = (text: string): boolean =>
  /^whsec_[A-Za-z0-9+/]+=*$/.test(text) && Buffer.from(text.slice(6), 'base64').length >= 24

/** A webhook secret: `whsec_` and base64 of at least 24 bytes (Standard Webhooks). */
const webhookSecret = z
  .string()
  .refine(isWebhookSecret, 'must be "whsec_" followed by base64 of at least 24 bytes')

/** The endpoints that the environment may name. Each has a URL and a secret. */
export const syncEndpoints = {
  CRM_SYNC_URL: webUrl.optional(),
  CRM_SYNC_SECRET: webhookSecret.optional(),
  DMS_SYNC_URL: webUrl.optional(),
  DMS_SYNC_SECRET: webhookSecret.optional(),
  CDP_SYNC_URL: webUrl.optional(),
  CDP_SYNC_SECRET: webhookSecret.optional(),
  COMPLIANCE_SYNC_URL: webUrl.optional(),
  COMPLIANCE_SYNC_SECRET: webhookSecret.optional(),
}

/** The variables that name each endpoint: [name, URL, secret]. */
export const SYNC_VARIABLES = [
  ['crm', 'CRM_SYNC_URL', 'CRM_SYNC_SECRET'],
  ['dms', 'DMS_SYNC_URL', 'DMS_SYNC_SECRET'],
  ['cdp', 'CDP_SYNC_URL', 'CDP_SYNC_SECRET'],
  ['compliance', 'COMPLIANCE_SYNC_URL', 'COMPLIANCE_SYNC_SECRET'],
] as const

/** Webhook secrets, separated by commas. The first secret is the current one. */
export const webhookSecrets = commaList.refine(
  (parts) => parts.length > 0 && parts.every(isWebhookSecret),
  'each entry must be "whsec_" followed by base64 of at least 24 bytes',
)

/** A regular expression that must match a whole text. */
export const wholePattern = z.string().transform((text, context) => {
  try {
    // Alone first: `a)|(b` is a pattern only within the brackets, and would match parts of a text.
    return new RegExp(`^(?:${new RegExp(text).source})$`)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a regular expression' })
    return z.NEVER
  }
})

/** Countries with phone numbers, two capital letters each, separated by commas. */
const phoneCountries = commaList
  .refine(
    (countries) => countries.every(isPhoneRegion),
    'each must be a known country code of two capital letters, such as US',
  )
  .transform((countries) => new Set(countries))

/** Pairs of the form `word=REASON`, separated by commas. Words are compared in lower case. */
const dncReasons = commaList.transform((parts, context): Map<string, DncReason> => {
  const reasons = new Map<string, DncReason>()
  for (const part of parts) {
    const at = part.lastIndexOf('=')
    const reason = DNC_REASON_NAMES.find((name) => name === part.slice(at + 1).trim())
    const word = part.slice(0, Math.max(at, 0)).trim().toLowerCase()
    if (reason === undefined || word === '' || reasons.has(word)) {
      const message = `each entry must be word=${DNC_REASON_NAMES.join('|')}. Name each word only once`
      context.addIssue({ code: 'custom', message })
    } else reasons.set(word, reason)
  }
  return reasons
})

/**
 * Pairs of a country and a registry, for example `US=ftc`, separated by commas. Each country may
 * appear once.
 */
const requiredRegistries = commaList.transform((parts, context): Map<string, string> => {
  const registries = new Map<string, string>()
  for (const part of parts) {
    const [country = '', name = '', more] = part.split('=').map((text) => text.trim())
    const isOne = registryCountrySchema.safeParse(country).success && !registries.has(country)
    if (!isOne || more !== undefined || !registryNameSchema.safeParse(name).success) {
      const message =
        'each entry must be country=registry, for example US=ftc. Name each country only once'
      context.addIssue({ code: 'custom', message })
    } else registries.set(country, name)
  }
  return registries
})

const REGION_LIST = Object.entries(REGIONS)
  .map(([name, domain]) => `${name} (${domain})`)
  .join(', ')

/**
 * A Genesys region, given by its AWS name or its domain. If the region is unknown, the message
 * lists all regions.
 */
export const genesysRegion = z.string().transform((text, context) => {
  const region = resolveRegion(text)
  if (region) return region
  context.addIssue({ code: 'custom', message: `must be one of ${REGION_LIST}` })
  return z.NEVER
})

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A JSON array of comparisons, as in the definition of a segment. */
export const segmentLeaves = z.string().transform((text, context): Leaf[] => {
  const book = createFaultBook()
  const given = parsedJson(text)
  if (!Array.isArray(given)) book.add('', 'value-invalid')
  const leaves = (Array.isArray(given) ? given : []).map((leaf: unknown, at) => {
    if (isObject(leaf)) return readLeaf(leaf, `/${at}`, book)
    book.add(`/${at}`, 'not-an-object')
    return null
  })
  for (const { pointer, detail } of book.faults) {
    const message = `must be a JSON array of comparisons: ${pointer} ${detail}`
    context.addIssue({ code: 'custom', message })
  }
  return leaves.filter((leaf) => leaf !== null)
})

export const auditVariables = {
  SIGNING_KEYS: encryptionKeys.default([]),
  AUDIT_HEADS_FILE: z.string().optional(),
}

/** The settings of the signed audit trail. */
export const auditOf = (
  env: z.output<z.ZodObject<typeof auditVariables>>,
): {
  /**
   * The first key is the current one. Empty: the gateway makes one key and stores it sealed in the
   * database.
   */
  signingKeys: { id: string; key: Buffer }[]
  /**
   * The file to which each signed head of the trail is appended. null: heads are written only to
   * the log.
   */
  auditHeadsFile: string | null
} => ({ signingKeys: env.SIGNING_KEYS, auditHeadsFile: env.AUDIT_HEADS_FILE ?? null })

export const guestFileVariables = {
  CLAMD_SOCKET: z.string().optional(),
  CLAMD_HOST: z.string().optional(),
  CLAMD_PORT: wholeNumber(1, 65_535),
  GUEST_FILE_MAX_CONCURRENT: wholeNumber(1, 64),
  GUEST_FILE_MAX_BYTES: wholeNumber(1, MAX_FILE_BYTES),
}
type GuestFileVariables = z.output<z.ZodObject<typeof guestFileVariables>>

/** The settings for guest files. `clamd` null: guest files are not scanned. */
export const guestFilesOf = (
  env: GuestFileVariables,
): {
  clamd: { path: string } | { host: string; port: number } | null
  maxConcurrent: number
  maxBytes: number
} => {
  const remote =
    env.CLAMD_HOST === undefined ? null : { host: env.CLAMD_HOST, port: env.CLAMD_PORT }
  return {
    clamd: env.CLAMD_SOCKET === undefined ? remote : { path: env.CLAMD_SOCKET },
    maxConcurrent: env.GUEST_FILE_MAX_CONCURRENT,
    maxBytes: env.GUEST_FILE_MAX_BYTES,
  }
}

/** The variables of do-not-call entries, registries and consent. */
export const dncVariables = {
  DNC_REASONS: dncReasons.default(new Map()),
  DNC_ALLOWED_COUNTRIES: phoneCountries,
  DNC_PULL_HOURS: wholeNumber(0, 8_760),
  DNC_MAX_AGE_DAYS: wholeNumber(1, 3_650).optional(),
  DNC_REQUIRED_REGISTRIES: requiredRegistries.default(new Map()),
  CONSENT_REQUIRED_COUNTRIES: phoneCountries.default(new Set()),
}

export const dncOf = (env: {
  DNC_REASONS: DncRules['reasons']
  DNC_ALLOWED_COUNTRIES: DncRules['allowedCountries']
  DNC_PULL_HOURS: number
  DNC_MAX_AGE_DAYS?: number | undefined
  DNC_REQUIRED_REGISTRIES: DncConfig['requiredRegistries']
  CONSENT_REQUIRED_COUNTRIES: DncConfig['consentCountries']
}): DncConfig => ({
  reasons: env.DNC_REASONS,
  allowedCountries: env.DNC_ALLOWED_COUNTRIES,
  pullMs: env.DNC_PULL_HOURS * 3_600_000,
  maxAgeDays: env.DNC_MAX_AGE_DAYS ?? null,
  requiredRegistries: env.DNC_REQUIRED_REGISTRIES,
  consentCountries: env.CONSENT_REQUIRED_COUNTRIES,
})

/** Settings of Node.js and of the driver of PostgreSQL, with the value that accepts any server. */
const UNCHECKED = [
  ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ['PGSSLMODE', 'no-verify'],
] as const

/**
 * The faults of settings that skip the check of certificates. With such a setting, the gateway
 * would send its credentials to any server that answers.
 */
export const uncheckedCertificates = (source: Record<string, string | undefined>): string[] =>
  UNCHECKED.filter(([name, value]) => source[name] === value).map(
    ([name, value]) => `${name}: must not be ${value}. The gateway always checks certificates`,
  )
