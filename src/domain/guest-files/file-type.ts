/** The accepted types, by the extension of the name [contracts: 3]. */
export const CONTENT_TYPES = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  txt: 'text/plain',
  zip: 'application/zip',
} as const

export type FileExtension = keyof typeof CONTENT_TYPES

/**
 * The most bytes of a file. Genesys accepts no larger external contact files [guide-003]. By
 * default, it accepts no larger media in messages either.
 */
export const MAX_FILE_BYTES = 10_485_760

/**
 * Whether files with this extension are accepted. `text`: the extension in lower case, without the
 * point.
 */
export const isFileExtension = (text: string): text is FileExtension =>
  Object.hasOwn(CONTENT_TYPES, text)
