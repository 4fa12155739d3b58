import type { Needle } from './text-search.ts'
import { needlesOf } from './written-forms.ts'

/**
 * Values that occur nowhere else. If one of them appears in a place, the gateway has leaked it
 * there.
 */
export const CANARIES = {
  firstName: 'Quetzalcoatlina',
  lastName: 'Zyxwvütsrqson',
  city: 'Xanthippolis',
  phone: '4155559371',
  otherPhone: '4155559372',
  /** The phone of a person whom no entry suppresses. */
  freePhone: '4155559373',
  freeEmail: 'ariadne.free@example.net',
  email: 'canary.person@example.org',
  contactId: 'KX-canary-7',
  fileName: 'Liste der Zyxwvütsrqson März.csv',
  guestFileName: 'Passport-of-Hippolytos.txt',
  guestFileText: 'Hippolytos was here and left nothing',
  idempotencyKey: 'key-of-hippolyta-0001',
  words: 'because Ariadnetta asked for it',
  source: 'call with Theseusson',
  forgedKey: 'ogw_forged-by-minotauros-0123456789',
  forgedToken: 'token-forged-by-minotauros',
  forgedSignature: 'v1,c2lnbmVkIGJ5IG1pbm90YXVyb3M=',
  echo: 'Genesys-repeats-Persephoneia',
} as const

/** Needles for secrets that are known only during a run, by their names. */
export const needlesFor = (secrets: Readonly<Record<string, string>>): Needle[] =>
  Object.entries({ ...CANARIES, ...secrets }).flatMap(([name, text]) => needlesOf(name, text))
