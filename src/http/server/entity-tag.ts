import type { Refuse } from '../../domain/problems/refusing.ts'
import type { Upload } from '../../domain/uploads/upload.ts'

/**
 * The ETag of an object with a version. The tag is a strong one, as If-Match requires. Use the tag
 * to answer 304 only for objects that get a new version with every change. A webhook endpoint is
 * not such an object, because its failures are counted without a new version.
 */
export const etagOf = (versioned: { version: number }): string => `"${versioned.version}"`

/**
 * The ETag of an upload: its version. While the upload is held for `apply`, the ETag is the digest
 * of its plan.
 */
export const etagOfUpload = (upload: Upload): string =>
  upload.hold?.reason === 'apply' ? `"${upload.planDigest}"` : etagOf(upload)

const tagsOf = (header: string | undefined): string[] =>
  (header ?? '').split(',').map((part) => part.trim())

/** Whether If-None-Match names the tag. Weak tags count too (RFC 9110, 13.1.2). */
export const namesTag = (header: string | undefined, etag: string): boolean =>
  tagsOf(header)
    .map((tag) => tag.replace(/^W\//u, ''))
    .some((tag) => tag === '*' || tag === etag)

/**
 * Whether If-Match names the tag. A weak tag never matches, and `*` always does (RFC 9110, 13.1.1).
 */
export const namesExactly = (header: string, etag: string): boolean =>
  tagsOf(header).some((tag) => tag === '*' || tag === etag)

/** The contents of the strong tags in an If-Match. */
export const tagsNamed = (header: string | undefined): string[] =>
  tagsOf(header).flatMap((tag) => /^"([\x21\x23-\x7e]*)"$/u.exec(tag)?.[1] ?? [])

/** Throws 412 if the call has an If-Match that does not name the present version. */
export const checkIfMatch = (
  refuse: Refuse<'precondition-failed'>,
  header: string | undefined,
  present: { version: number },
): void => {
  if (header === undefined || namesExactly(header, etagOf(present))) return
  throw refuse('precondition-failed', 'The object has changed since the version in If-Match.')
}

/**
 * Throws 428 if If-Match is missing (RFC 6585), and 412 if it does not name the present version.
 */
export const requireIfMatch = (
  refuse: Refuse<'precondition-failed' | 'precondition-required'>,
  header: string | undefined,
  present: { version: number },
): void => {
  if (header === undefined) {
    throw refuse('precondition-required', 'Set the header If-Match to the ETag that you read.')
  }
  checkIfMatch(refuse, header, present)
}
