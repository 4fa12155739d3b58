/**
 * Encodings that a file may have. The names are those of the option `encoding` (IANA, lower case).
 */
export const TEXT_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'iso-8859-1',
] as const
export type TextEncoding = (typeof TEXT_ENCODINGS)[number]

/**
 * The source of the encoding: the caller (`encoding`, or the charset of the body), the file's byte
 * order mark, or its bytes.
 */
export const ENCODING_SOURCES = ['option', 'mark', 'content'] as const
export type EncodingSource = (typeof ENCODING_SOURCES)[number]

/**
 * Names that the web gives the same encodings (Encoding Standard, "Names and labels"); ASCII is
 * UTF-8.
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
 * The encoding for the parameter `charset` of a Content-Type. null if it names none that is
 * accepted.
 */
export const encodingOfCharset = (charset: string): TextEncoding | null => {
  const name = charset.toLowerCase()
  return TEXT_ENCODINGS.find((encoding) => encoding === name) ?? LABELS[name] ?? null
}
