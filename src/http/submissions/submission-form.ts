import { GatewayProblem } from '../../domain/problems/problem.ts'
import { encodingOfCharset, TEXT_ENCODINGS } from '../../domain/uploads/text-encoding.ts'
import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'

/** How the file of a submission arrives: in a form, or as the body itself. */
export type SubmissionForm =
  | { kind: 'multipart' }
  | {
      kind: 'bare'
      format: FileFormat
      /** The encoding that the charset of the Content-Type names. null: there is no charset. */
      encoding: TextEncoding | null
      /** The Content-Encoding. null: there is none, or it is `identity`. */
      compression: 'gzip' | null
    }

const BARE_FORMATS = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/json': 'json',
} as const

/**
 * Media types of compressed files (RFC 6713, and an older name). They do not show what the file
 * contains.
 */
const GZIP = ['application/gzip', 'application/x-gzip']

/** The media type in lower case and without parameters. "": there is none. */
const mediaType = (header: string | undefined): string =>
  (header ?? '').split(';', 1)[0]!.trim().toLowerCase()

/**
 * The longest boundary that RFC 2046 allows (section 5.1.1). Long boundaries have made some parsers
 * very slow [controls: S-13].
 */
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
  const named = /^[a-z][\w.:-]{0,39}$/u.test(charset) ? charset : 'of the Content-Type'
  throw new GatewayProblem(
    'media-type-unsupported',
    `The charset ${named} is not supported. The supported charsets are ${TEXT_ENCODINGS.join(', ')}.`,
  )
}

/**
 * The Content-Encoding of a body. Only a bare file may be compressed. A form as a whole must not be
 * compressed.
 */
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
    'Send the form without Content-Encoding. You can use gzip to compress the file in the form.',
  )
}

/** The detail of the problem if a call accepts only a form. */
const FORM_ALONE =
  'Send multipart/form-data with the part `file`, without Content-Encoding. This call accepts no other body.'

/**
 * How the body of a submission arrives. Throws 415 for a media type, Content-Encoding or charset
 * that is not supported, and `multipart-malformed` if the boundary of a form is missing or too
 * long. `formOnly`: a bare body gets 415 too, and the text of the problem names only the
 * form.
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
 * The format of a file in a form, by its media type. If the media type is missing or too general:
 * by the file's name. Throws 415 if neither decides.
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
  // Browsers and operating systems use many media types for CSV. For these types, the name of the
  // file is more reliable.
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
 * The file's name without its path and control characters, at most 255 characters. null: nothing
 * remains of the name, or only `.` or `..`.
 */
export const fileNameOf = (name: string | undefined): string | null => {
  const base = (name ?? '').normalize('NFC').split(/[/\\]/u).at(-1) ?? ''
  // Removes control characters, and characters that change the direction of text, which can
  // disguise an extension.
  const plain = base.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '').trim()
  const cut = [...plain].slice(0, 255).join('').slice(0, 255)
  return cut === '' || cut === '.' || cut === '..' ? null : cut
}

/**
 * The file name in a header. The name may be in UTF-8, in ISO 8859-1, or percent-encoded.
 */
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
