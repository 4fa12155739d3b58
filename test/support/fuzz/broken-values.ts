import fc from 'fast-check'

const nested = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

const withMembers = (entries: [string, unknown][]): object => {
  const made: object = {}
  // As JSON.parse makes it, so that `__proto__` is a member like any other.
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return made
}

/** Values that replace a part of a good value. */
const REPLACEMENTS: readonly unknown[] = [
  null,
  '',
  ' ',
  'x\0y',
  '\uD800',
  'a\uDFFFb',
  'x'.repeat(5_000),
  '\u202E\u2066',
  '2026-02-30T25:61:00Z',
  '2026-01-01',
  '0000-01-01T00:00:00Z',
  '../../etc/passwd',
  '⟪nothing',
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53 + 2,
  1e308,
  -1e-308,
  true,
  false,
  [],
  {},
  [null],
  [[]],
  [{}],
  { a: 1 },
  nested(40),
  nested(2_000),
  Array.from({ length: 1_500 }, (_, index) => `x${index}`),
  withMembers([['__proto__', { admin: true }]]),
  withMembers([['constructor', { prototype: {} }]]),
  withMembers(Array.from({ length: 400 }, (_, index) => [`k${index}`, index])),
]

type Place = { holder: object; name: string }

const placesIn = (value: unknown, found: Place[] = []): Place[] => {
  if (typeof value !== 'object' || value === null) return found
  for (const [name, held] of Object.entries(value)) {
    found.push({ holder: value, name })
    placesIn(held, found)
  }
  return found
}

const put = (holder: object, name: string, value: unknown): void => {
  Object.defineProperty(holder, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

type Break = {
  at: number
  how: 'replace' | 'remove' | 'add' | 'whole' | 'rename'
  by: unknown
  name: string
}

const NAMES = [
  'unknown',
  '__proto__',
  'constructor',
  'id',
  '',
  'x\0',
  '\uD800',
  'ключ',
  'a.b',
  '$where',
  'length',
]

const breakOf: fc.Arbitrary<Break> = fc.record({
  at: fc.nat({ max: 200 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'rename', 'whole'),
  by: fc.constantFrom(...REPLACEMENTS),
  name: fc.constantFrom(...NAMES),
})

/** A copy by JSON. It shares nothing with the original, and keeps members of any name. */
const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

const broken = (value: unknown, { at, how, by, name }: Break): unknown => {
  if (value === undefined || how === 'whole') return by
  const copy = copyOf(value)
  const places = placesIn(copy)
  if (places.length === 0) return by
  const place = places[at % places.length]!
  if (how === 'replace') put(place.holder, place.name, by)
  if (how === 'remove') {
    if (Array.isArray(place.holder)) place.holder.splice(Number(place.name), 1)
    else Reflect.deleteProperty(place.holder, place.name)
  }
  if (how === 'add' || how === 'rename') {
    const holder = Array.isArray(place.holder) ? (copy as object) : place.holder
    const held: unknown = Reflect.get(place.holder, place.name)
    if (how === 'rename' && holder === place.holder) Reflect.deleteProperty(holder, place.name)
    if (Array.isArray(holder)) holder.push(by)
    else put(holder, name, how === 'rename' ? held : by)
  }
  return copy
}

/** Values that are mostly wrong in one place. The judge of the schema decides whether they are. */
export const brokenValues = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(good, breakOf).map(([value, how]) => broken(value, how))

/** Texts for a parameter that takes something else. */
export const brokenTexts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '-1',
    '0',
    '01',
    '1.5',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '99999999999999999999',
    'TRUE',
    'yes',
    'null',
    'undefined',
    ',',
    ',,',
    'a,,b',
    '{}',
    '[]',
    '{"a":',
    '"x"',
    '{"__proto__":{"a":1}}',
    'x\0y',
    '\uFFFD',
    '\u202Ex',
    '..',
    '.',
    '*',
    '%',
    '%00',
    "' or 1=1 --",
    '\u{1F4A9}',
    'x'.repeat(300),
    'x'.repeat(3_000),
    '2026-02-30',
    '2026-01-01T00:00:00',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
