import { createHmac } from 'node:crypto'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { open, seal, sealingKey } from '../../lib/envelope.ts'
import { createDigestBatch } from '../../lib/keyed-digest.ts'
import { createTextSeal, type TextSeal } from '../../lib/text-seal.ts'

/** The parts that identify a call with an idempotency key. See the port `IdempotencyStore`. */
export type KeyScope = { tenantId: string; method: string; path: string; key: string }

/** Seals the columns that may name a person, so that they are not stored in the clear. */
export type Seals = {
  /** Seals contact ids. Their digests are the same as in chunks (`id_digests`). */
  contactIds: TextSeal
  /** Idempotency keys are only compared, so their digest is enough. */
  keyDigest(key: string): Buffer
  /** Seals a stored answer, bound to the call that it answers. */
  sealAnswer(scope: KeyScope, body: string): Buffer
  openAnswer(scope: KeyScope, sealed: Uint8Array): string
  /** Like `sealAnswer`, for an answer whose key is known only by its digest. */
  sealAnswerOf(scope: DigestScope, body: string): Buffer
  openAnswerOf(scope: DigestScope, sealed: Uint8Array): string
  /** Seals the person whom an erasure is about. The seal is bound to the erasure. */
  sealSubject(erasureId: string, subject: string): Buffer
  openSubject(erasureId: string, sealed: Uint8Array): string
  /**
   * Seals the name of a file. The seal is bound to `uploadId`: the id of the file's upload, or of
   * the guest file. The digest finds uploads with exactly this name.
   */
  sealFileName(uploadId: string, name: string): { sealed: Buffer; digest: Buffer }
  fileNameDigest(name: string): Buffer
  openFileName(uploadId: string, sealed: Uint8Array): string
  /**
   * Seals the rules of a segment's version, whose values may name people. They are compressed
   * first. The seal is bound to the version.
   */
  sealSegment(version: SegmentVersion, rules: string): Buffer
  openSegment(version: SegmentVersion, sealed: Uint8Array): string
}

type DigestScope = Omit<KeyScope, 'key'> & { keyDigest: Buffer }

export type SegmentVersion = { campaignId: string; version: number }

const fileContext = (uploadId: string): string => `file-name:${uploadId}`

const segmentContext = ({ campaignId, version }: SegmentVersion): string =>
  `segment:${JSON.stringify([campaignId, version])}`

const subjectContext = (erasureId: string): string => `erasure:${erasureId}`

const answerContext = (
  { tenantId, method, path }: Omit<KeyScope, 'key'>,
  keyDigest: Buffer,
): string => `answer:${JSON.stringify([tenantId, method, path])}:${keyDigest.toString('hex')}`

/**
 * Derives one key for each purpose from `storeKey`. `storeKey` is the store's own secret
 * (`digest-key`).
 */
export const createSeals = (storeKey: Uint8Array): Seals => {
  const textKey = sealingKey(createHmac('sha256', storeKey).update('sealed texts').digest())
  const digestFor = (purpose: string): ((text: string) => Buffer) => {
    const batch = createDigestBatch(storeKey, purpose)
    return (text) => {
      batch.add(text)
      return batch.take()
    }
  }
  const keyDigest = digestFor('idempotency-key')
  const fileNameDigest = digestFor('file-name')
  return {
    contactIds: createTextSeal(storeKey, 'contact-id'),
    keyDigest,
    sealAnswer: (scope, body) =>
      seal(textKey, answerContext(scope, keyDigest(scope.key)), Buffer.from(body)),
    openAnswer: (scope, sealed) =>
      open(textKey, answerContext(scope, keyDigest(scope.key)), sealed).toString(),
    sealAnswerOf: ({ keyDigest: digest, ...scope }, body) =>
      seal(textKey, answerContext(scope, digest), Buffer.from(body)),
    openAnswerOf: ({ keyDigest: digest, ...scope }, sealed) =>
      open(textKey, answerContext(scope, digest), sealed).toString(),
    sealSubject: (erasureId, subject) =>
      seal(textKey, subjectContext(erasureId), Buffer.from(subject)),
    openSubject: (erasureId, sealed) => open(textKey, subjectContext(erasureId), sealed).toString(),
    sealFileName: (uploadId, name) => ({
      sealed: seal(textKey, fileContext(uploadId), Buffer.from(name)),
      digest: fileNameDigest(name),
    }),
    fileNameDigest,
    openFileName: (uploadId, sealed) => open(textKey, fileContext(uploadId), sealed).toString(),
    sealSegment: (version, rules) =>
      seal(textKey, segmentContext(version), zstdCompressSync(Buffer.from(rules))),
    openSegment: (version, sealed) =>
      zstdDecompressSync(open(textKey, segmentContext(version), sealed)).toString(),
  }
}
