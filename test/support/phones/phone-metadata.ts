import metadataJson from 'libphonenumber-js/metadata.max.json'

/**
 * A numbering plan's patterns as the library's metadata (version 4) has them, read without the code
 * under test.
 */
export type PlanPatterns = {
  /** Two capitals. For a plan that belongs to no country: its calling code. */
  name: string
  callingCode: string
  exitCode: string
  general: string
  lengths: number[]
  prefix: string | null
  nationalPrefix: string | null
  leadingDigits: string | null
  types: string[]
}

type Raw = unknown[]

const metadata = metadataJson as unknown as {
  countries: Record<string, Raw>
  nonGeographic: Record<string, Raw>
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null

const read = (name: string, raw: Raw): PlanPatterns => ({
  name,
  callingCode: String(raw[0]),
  exitCode: String(raw[1]),
  general: String(raw[2]),
  lengths: raw[3] as number[],
  nationalPrefix: textOrNull(raw[5]),
  prefix: textOrNull(raw[7]) ?? textOrNull(raw[5]),
  leadingDigits: textOrNull(raw[10]),
  types: ((raw[11] || []) as unknown[])
    .map((type) => (Array.isArray(type) ? textOrNull(type[0]) : null))
    .filter((pattern) => pattern !== null),
})

/** Every plan of the metadata, including those that belong to no country. */
export const phonePlans: readonly PlanPatterns[] = [
  ...Object.entries(metadata.countries).map(([name, raw]) => read(name, raw)),
  ...Object.entries(metadata.nonGeographic).map(([code, raw]) => read(code, raw)),
]
