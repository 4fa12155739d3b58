/** The columns of the sandbox's lists. */
export const FILE_COLUMNS = [
  'customerId',
  'firstName',
  'lastName',
  'phoneNumber',
  'email',
  'city',
] as const
export type FileColumn = (typeof FILE_COLUMNS)[number]

/** What Genesys must hold of one contact, as the gateway normalises it. null: empty. */
export type ExpectedContact = Record<FileColumn, string | null>

export type ContactFile = {
  csv: string
  rows: number
  /** By contact id: the newest valid content of this file. */
  expected: Map<string, ExpectedContact>
}

const AREA_CODES = ['415', '212', '312', '206', '617', '303', '512', '404']

/** The n-th of some 60 million valid US numbers, in E.164. */
export const phoneOf = (n: number): string => {
  const area = AREA_CODES[Math.floor(n / 8_000_000) % AREA_CODES.length]
  const exchange = 200 + (Math.floor(n / 10_000) % 800)
  return `+1${area}${exchange}${String(n % 10_000).padStart(4, '0')}`
}

/** A clean row. Another `version` has other content for the same contact. */
export const contactOf = (prefix: string, n: number, version = 1): ExpectedContact => ({
  customerId: `${prefix}-${String(n).padStart(7, '0')}`,
  firstName: `First${n}`,
  lastName: `Last${n}v${version}`,
  phoneNumber: phoneOf(3_000_000 + n),
  email: `person${n}.v${version}@example.com`,
  city: n % 5 === 0 ? null : `City ${n % 97}`,
})

const lineOf = (contact: ExpectedContact): string =>
  FILE_COLUMNS.map((name) => contact[name] ?? '').join(',')

/** A clean CSV file of `rows` contacts, each with a different id. */
export const cleanFile = (about: {
  rows: number
  prefix?: string
  version?: number
  from?: number
}): ContactFile => {
  const { rows, prefix = 'C', version = 1, from = 0 } = about
  const expected = new Map<string, ExpectedContact>()
  const lines: string[] = [FILE_COLUMNS.join(',')]
  for (let n = from; n < from + rows; n += 1) {
    const contact = contactOf(prefix, n, version)
    expected.set(contact.customerId ?? '', contact)
    lines.push(lineOf(contact))
  }
  return { csv: `${lines.join('\n')}\n`, rows, expected }
}

/**
 * The differences between what Genesys holds and what it should hold, one sentence each, at most
 * `limit`. Empty: there are none. Compares every id and every column of both sides. "" and null are
 * equal.
 */
export const differences = (
  held: ReadonlyMap<string, Record<string, string | null>>,
  expected: ReadonlyMap<string, ExpectedContact>,
  limit = 5,
): string[] => {
  const found: string[] = []
  for (const [id, contact] of expected) {
    const there = held.get(id)
    if (!there) found.push(`${id} is missing`)
    else {
      const off = FILE_COLUMNS.find((name) => (there[name] || null) !== (contact[name] || null))
      if (off) found.push(`${id} has other content in ${off}`)
    }
    if (found.length >= limit) return found
  }
  for (const id of held.keys()) {
    if (!expected.has(id)) found.push(`${id} should not be there`)
    if (found.length >= limit) return found
  }
  return found
}
