import { GatewayProblem } from '../../domain/problems/problem.ts'
import { encodingOfCharset, TEXT_ENCODINGS } from '../../domain/uploads/text-encoding.ts'
import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'

/** How the file of a submission arrives: as a part of a form, or as the body itself. */
export type SubmissionForm =
  | { kind: 'multipart' }
  | {
      kind: 'bare'
      format: FileFormat
      /** What the charset of the Content-Type names. null: there is none. */
      encoding: TextEncoding | null
      /** The Content-Encoding. */
      compression: 'gzip' | null
    }

const BARE_FORMATS = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/json': 'json',
} as const

/** The type of a compressed file says nothing about its content (RFC 6713, and the older name). */
const GZIP = ['application/gzip', 'application/x-gzip']

/** The media type without parameters, lower-cased; "" when there is none. */
const mediaType = (header: string | undefined): string =>
  (header ?? '').split(';', 1)[0]!.trim().toLowerCase()

/** RFC 2046, section 5.1.1; a longer one once kept a parser busy for ever [controls: S-13]. */
const MOST_BOUNDARY_CHARS = 70

const checkBoundary = (header: string): void => {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]+)|([^\s";]+))/iu.exec(header) ?? []
  const boundary = quoted ?? plain
  if (boundary !== undefined && boundary.length <= MOST_BOUNDARY_CHARS) return
  if (boundary !== undefined) {
    throw new GatewayProblem('multipart-malformed', 'The boundary is longer than 70 characters.')
  }
  throw new GatewayProblem(
    'multipart-malformed',
    'The Content-Type names no boundary. Let the HTTP client set the Content-Type of the form.',
  )
}

const encodingOf = (header: string): TextEncoding | null => {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/iu.exec(header)?.[1]?.toLowerCase()
  if (charset === undefined) return null
  const encoding = encodingOfCharset(charset)
  if (encoding !== null) return encoding
  const named = /^[a-z][\w.:-]{0,39}$/u.test(charset) ? charset : 'that it names'
  throw new GatewayProblem(
    'media-type-unsupported',
    `The charset ${named} is not supported. The supported charsets are ${TEXT_ENCODINGS.join(', ')}.`,
  )
}

/** Only the file itself may be compressed, so a form never is as a whole. */
const compressionOf = (header: string | undefined, type: string): 'gzip' | null => {
  const coding = (header ?? 'identity').trim().toLowerCase()
  if (coding === 'identity') return null
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new GatewayProblem(
      'media-type-unsupported',
      'The only Content-Encoding that is supported is gzip.',
    )
  }
  if (type !== 'multipart/form-data') return 'gzip'
  throw new GatewayProblem(
    'media-type-unsupported',
    'Send the form without Content-Encoding. The file in it may be compressed with gzip.',
  )
}

/** What a call takes that takes nothing but a form. */
const FORM_ALONE =
  'Send multipart/form-data with the part `file`, without Content-Encoding. This call accepts no other body.'

/**
 * How the body of a submission arrives. Throws 415 for everything else, other codings and charsets
 * included. `formOnly`: also refuses a bare body, so that the answer names no type that the call
 * would refuse next.
 */
export const submissionFormOf = (
  headers: { 'content-type'?: string | undefined; 'content-encoding'?: string | undefined },
  { formOnly = false }: { formOnly?: boolean | undefined } = {},
): SubmissionForm => {
  const header = headers['content-type']
  const type = mediaType(header)
  const coding = headers['content-encoding'] ?? 'identity'
  if (formOnly && (type !== 'multipart/form-data' || coding.trim().toLowerCase() !== 'identity')) {
    throw new GatewayProblem('media-type-unsupported', FORM_ALONE)
  }
  const compression = compressionOf(headers['content-encoding'], type)
  if (type === 'multipart/form-data') {
    checkBoundary(header ?? '')
    return { kind: 'multipart' }
  }
  const format = Object.hasOwn(BARE_FORMATS, type)
    ? BARE_FORMATS[type as keyof typeof BARE_FORMATS]
    : null
  const encoding = encodingOf(header ?? '')
  if (format === null) {
    throw new GatewayProblem(
      'media-type-unsupported',
      'Send multipart/form-data, text/csv, application/x-ndjson or application/json.',
    )
  }
  return { kind: 'bare', format, encoding, compression }
}

/**
 * The format of a file in a form, by its media type or otherwise by its name. Throws 415 if neither
 * decides.
 */
export const fileFormatOf = (
  mimeType: string,
  fileName: string | null,
): 'csv' | 'ndjson' | 'json' => {
  const type = mediaType(mimeType)
  if (Object.hasOwn(BARE_FORMATS, type)) return BARE_FORMATS[type as keyof typeof BARE_FORMATS]
  const extension = /\.(csv|tsv|txt|ndjson|jsonl|json)(?:\.gz)?$/iu
    .exec(fileName ?? '')?.[1]
    ?.toLowerCase()
  // Browsers and operating systems name CSV in many ways; the file's name is then the better
  // witness.
  const vague = ['', 'application/octet-stream', 'application/vnd.ms-excel', 'text/plain', ...GZIP]
  if (vague.includes(type) && extension !== undefined) {
    if (extension === 'json') return 'json'
    return extension === 'ndjson' || extension === 'jsonl' ? 'ndjson' : 'csv'
  }
  throw new GatewayProblem(
    'media-type-unsupported',
    'Give the part `file` the Content-Type text/csv, application/x-ndjson or application/json.',
  )
}

/**
 * The file's name without path and control characters, at most 255 characters. null if nothing is
 * left.
 */
export const fileNameOf = (name: string | undefined): string | null => {
  const base = (name ?? '').normalize('NFC').split(/[/\\]/u).at(-1) ?? ''
  // Controls, and the marks that turn the direction of text and so disguise an extension.
  const plain = base.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '').trim()
  const cut = [...plain].slice(0, 255).join('').slice(0, 255)
  return cut === '' || cut === '.' || cut === '..' ? null : cut
}

/** Header values are bytes: a name in UTF-8 arrives as it is, or percent-encoded. */
export const fileNameOfHeader = (value: string | undefined): string | null => {
  if (value === undefined) return null
  const text = Buffer.from(value, 'latin1').toString('utf8')
  const name = text.includes('\uFFFD') ? value : text
  try {
    return fileNameOf(decodeURIComponent(name))
  } catch {
    return fileNameOf(name)
  }
}
