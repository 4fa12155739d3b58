import type { Needle } from './text-search.ts'

/**
 * The middle part of the base64 form of a text, for the text beginning at the first, second or
 * third of three bytes. The ends are left out, because they depend on the neighbouring bytes.
 */
const base64Forms = (bytes: Buffer): string[] =>
  [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
    const whole = padded.length - (padded.length % 3)
    return padded
      .subarray(0, whole)
      .toString('base64')
      .slice(before === 0 ? 0 : 4)
  })

const hexOf = (text: string, digits: number): string =>
  text.codePointAt(0)!.toString(16).padStart(digits, '0')

const escapedAll = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

const escapedForeign = (text: string): string =>
  text.replaceAll(/[^\x20-\x7e]/gu, (sign) => `\\u${hexOf(sign, 4)}`)

const percentAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

const phoneForms = (text: string): string[] => {
  const [, area, exchange, line] = /^(\d{3})(\d{3})(\d{4})$/u.exec(text) ?? []
  if (area === undefined) return []
  return [
    `(${area}) ${exchange}-${line}`,
    `${area}-${exchange}-${line}`,
    `${area} ${exchange} ${line}`,
  ]
}

/** A shorter text would be found by chance in a hundred megabytes. */
const SHORTEST = 7

/** The forms in which a text may be written somewhere without encryption. */
export const writtenForms = (text: string): Map<string, Buffer> => {
  const bytes = Buffer.from(text)
  const wide = Buffer.from(text, 'utf16le')
  const forms = new Map<string, Buffer>()
  const add = (form: string, written: string | Buffer): void => {
    const held = Buffer.from(written)
    if (held.length >= SHORTEST) forms.set(form, held)
  }
  add('clear', bytes)
  add('small letters', text.toLowerCase())
  add('capitals', text.toUpperCase())
  add('UTF-16', wide)
  add('UTF-16, the other way', Buffer.from(wide).swap16())
  add('latin-1', Buffer.from(text, 'latin1'))
  add('hex', bytes.toString('hex'))
  add('hex in capitals', bytes.toString('hex').toUpperCase())
  add('base64 of UTF-16', base64Forms(wide)[0]!)
  base64Forms(bytes).forEach((form, before) => {
    add(`base64, ${before}`, form)
    add(`base64url, ${before}`, form.replaceAll('+', '-').replaceAll('/', '_'))
  })
  add('URL', encodeURIComponent(text))
  add(
    'URL in small letters',
    encodeURIComponent(text).replaceAll(/%../gu, (sign) => sign.toLowerCase()),
  )
  add('URL, every byte', percentAll(text))
  add('a form', encodeURIComponent(text).replaceAll('%20', '+'))
  add('JSON', JSON.stringify(text).slice(1, -1))
  add('JSON, foreign signs escaped', escapedForeign(text))
  add('JSON, every sign escaped', escapedAll(text))
  add('decomposed', text.normalize('NFD'))
  phoneForms(text).forEach((form, at) => add(`a phone as people write it, ${at}`, form))
  return forms
}

/** Every form of a text that is searched for, without duplicates. */
export const needlesOf = (name: string, text: string): Needle[] => {
  const seen = new Set<string>()
  return [...writtenForms(text)].flatMap(([form, bytes]) => {
    const key = bytes.toString('latin1')
    if (seen.has(key)) return []
    seen.add(key)
    return [{ name: `${name} (${form})`, bytes }]
  })
}
