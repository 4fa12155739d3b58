import { z } from 'zod'

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
   * An edition of a registry that is older is too old to call by; a registry may say otherwise.
   * null: as the law of its country.
   */
  maxAgeDays: number | null
  /** By country, the registry that its contacts are called against. */
  requiredRegistries: ReadonlyMap<string, string>
  /** Where people must have agreed to be called. */
  consentCountries: ReadonlySet<string>
}

const webUrl = z.url({ protocol: /^https?$/ })

/** A whole number from `least` to `most`. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`)

/** The parts between commas, without spaces around them and without empty parts. */
export const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

export type Endpoint = {
  name: string
  url: string
  secret: string
  events: readonly EndpointEventType[]
}

/** `id:base64 of 32 bytes`, comma-separated, the current one first. */
export const encryptionKeys = z.string().transform((text, context) =>
  text.split(',').map((entry) => {
    const [id = '', base64 = ''] = entry.trim().split(/:(.*)/s)
    const key = Buffer.from(base64, 'base64')
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id) || key.length !== 32) {
      context.addIssue({ code: 'custom', message: 'each entry must be id:base64 of 32 bytes' })
    }
    return { id, key }
  }),
)

const isWebhookSecret = (text: string): boolean =>
  /^whsec_[A-Za-z0-9+/]+=*$/.test(text) && Buffer.from(text.slice(6), 'base64').length >= 24

/** `whsec_` and base64 of at least 24 bytes (Standard Webhooks). */
const webhookSecret = z
  .string()
  .refine(isWebhookSecret, 'must be whsec_ and base64 of at least 24 bytes')

/** The endpoints that the environment may name, each by its URL and its secret. */
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

/** The variables of each, by its name. */
export const SYNC_VARIABLES = [
  ['crm', 'CRM_SYNC_URL', 'CRM_SYNC_SECRET'],
  ['dms', 'DMS_SYNC_URL', 'DMS_SYNC_SECRET'],
  ['cdp', 'CDP_SYNC_URL', 'CDP_SYNC_SECRET'],
  ['compliance', 'COMPLIANCE_SYNC_URL', 'COMPLIANCE_SYNC_SECRET'],
] as const

/** Such secrets, comma-separated, the current one first. */
export const webhookSecrets = commaList.refine(
  (parts) => parts.length > 0 && parts.every(isWebhookSecret),
  'each entry must be whsec_ and base64 of at least 24 bytes',
)

/** A regular expression that a text must match whole. */
export const wholePattern = z.string().transform((text, context) => {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a regular expression' })
    return z.NEVER
  }
})

/** Countries with phone numbers, two capital letters each, comma-separated. */
const phoneCountries = commaList
  .refine(
    (countries) => countries.every(isPhoneRegion),
    'each must be two capital letters of a country with phone numbers',
  )
  .transform((countries) => new Set(countries))

/** `word=REASON`, comma-separated; words are compared in lower case. */
const dncReasons = commaList.transform((parts, context): Map<string, DncReason> => {
  const reasons = new Map<string, DncReason>()
  for (const part of parts) {
    const at = part.lastIndexOf('=')
    const reason = DNC_REASON_NAMES.find((name) => name === part.slice(at + 1).trim())
    const word = part.slice(0, Math.max(at, 0)).trim().toLowerCase()
    if (reason === undefined || word === '' || reasons.has(word)) {
      const message = `each entry must be word=${DNC_REASON_NAMES.join('|')}, each word once`
      context.addIssue({ code: 'custom', message })
    } else reasons.set(word, reason)
  }
  return reasons
})

/** `US=ftc`, comma-separated; each country once. */
const requiredRegistries = commaList.transform((parts, context): Map<string, string> => {
  const registries = new Map<string, string>()
  for (const part of parts) {
    const [country = '', name = '', more] = part.split('=').map((text) => text.trim())
    const isOne = registryCountrySchema.safeParse(country).success && !registries.has(country)
    if (!isOne || more !== undefined || !registryNameSchema.safeParse(name).success) {
      const message =
        'each entry must be a country of two capital letters = the name of a registry, each country once'
      context.addIssue({ code: 'custom', message })
    } else registries.set(country, name)
  }
  return registries
})

const REGION_LIST = Object.entries(REGIONS)
  .map(([name, domain]) => `${name} (${domain})`)
  .join(', ')

/** A region by its AWS name or its domain. The fault lists all of them. */
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

/** What proves the audit trail. */
export const auditOf = (
  env: z.output<z.ZodObject<typeof auditVariables>>,
): {
  /** Empty: one is made and kept sealed in the database. The first is current. */
  signingKeys: { id: string; key: Buffer }[]
  /** Each signed head of the trail is appended to it; null: heads go to the log alone. */
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

/** The limits for guest files. `clamd` null: they are not scanned. */
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

/** Of do-not-call entries. */
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

/** Node's own switch, which would send Genesys' credentials to any server that answers. */
export const uncheckedCertificates = (source: Record<string, string | undefined>): string[] =>
  source['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
    ? ['NODE_TLS_REJECT_UNAUTHORIZED: the gateway always checks certificates; leave it out']
    : []
