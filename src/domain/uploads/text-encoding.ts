/** The encodings that a file may have, by the names of the option `encoding` (IANA, lower case). */
export const TEXT_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'iso-8859-1',
] as const
export type TextEncoding = (typeof TEXT_ENCODINGS)[number]

/**
 * How the gateway found the encoding. `option`: the caller named it, in the option or as the
 * charset of the body. `mark`: from the byte order mark of the file. `content`: the gateway guessed
 * it from the bytes.
 */
export const ENCODING_SOURCES = ['option', 'mark', 'content'] as const
export type EncodingSource = (typeof ENCODING_SOURCES)[number]

/**
 * Other names of these encodings (Encoding Standard, "Names and labels"). ASCII is read as UTF-8.
 */
const LABELS: Readonly<Record<string, TextEncoding>> = {
  utf8: 'utf-8',
  ascii: 'utf-8',
  'us-ascii': 'utf-8',
  cp1252: 'windows-1252',
  'x-cp1252': 'windows-1252',
  latin1: 'iso-8859-1',
  'iso8859-1': 'iso-8859-1',
  'iso_8859-1': 'iso-8859-1',
}

/**
 * The encoding that the parameter `charset` of a Content-Type names. null: the encoding is not
 * accepted.
 */
export const encodingOfCharset = (charset: string): TextEncoding | null => {
  const name = charset.toLowerCase()
  return TEXT_ENCODINGS.find((encoding) => encoding === name) ?? LABELS[name] ?? null
}
