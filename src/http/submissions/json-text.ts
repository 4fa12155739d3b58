import { isUtf8 } from 'node:buffer'

/**
 * The text of a body. null: the bytes are not UTF-8. (A decoder would silently replace such bytes.)
 */
export const textOfBytes = (bytes: Buffer): string | null =>
  isUtf8(bytes) ? bytes.toString() : null

/** The position of the first byte that is not UTF-8, counted from 1. */
export const faultyByteOf = (bytes: Buffer): number => {
  const replaced = Buffer.from(bytes.toString())
  const index = bytes.findIndex((byte, at) => byte !== replaced[at])
  return index === -1 ? bytes.length : index + 1
}

const PLACE = / at position (\d+)/u

/**
 * Why the parser refused a text. The message of the parser is not used, because it quotes the text.
 * States the place, if the parser does.
 */
export const whyNoJson = (text: string): string => {
  try {
    JSON.parse(text.replace(/^\ufeff/u, ''))
    return 'The body has a member that is not allowed: `__proto__`, or a `constructor` whose value has a member `prototype`.'
  } catch (error) {
    const words = error instanceof Error ? error.message : ''
    if (words.startsWith('Unexpected end')) return 'The body ends before its JSON is complete.'
    const place = PLACE.exec(words)?.[1]
    const where = place === undefined ? '' : ` from character ${Number(place) + 1} on`
    return `The body is not valid JSON${where}.`
  }
}
