import { createHmac } from 'node:crypto'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { open, seal, sealingKey } from '../../lib/envelope.ts'
import { createDigestBatch } from '../../lib/keyed-digest.ts'
import { createTextSeal, type TextSeal } from '../../lib/text-seal.ts'

/** The parts that identify a call. See the port `IdempotencyStore`. */
export type KeyScope = { tenantId: string; method: string; path: string; key: string }

/**
 * Seals the columns that must not be stored in the clear because they may name a person, each in
 * the form in which it is stored.
 */
export type Seals = {
  /** Digests are those of chunks (`id_digests`). */
  contactIds: TextSeal
  /** Idempotency keys are only ever compared. */
  keyDigest(key: string): Buffer
  /** A stored answer, bound to the call that it answers. */
  sealAnswer(scope: KeyScope, body: string): Buffer
  openAnswer(scope: KeyScope, sealed: Uint8Array): string
  /** The same, of an answer whose key is known by its digest alone. */
  sealAnswerOf(scope: DigestScope, body: string): Buffer
  openAnswerOf(scope: DigestScope, sealed: Uint8Array): string
  /** Whom an erasure is about, bound to it. */
  sealSubject(erasureId: string, subject: string): Buffer
  openSubject(erasureId: string, sealed: Uint8Array): string
  /**
   * A file's name, bound to its upload, and the digest by which uploads of exactly this name are
   * found.
   */
  sealFileName(uploadId: string, name: string): { sealed: Buffer; digest: Buffer }
  fileNameDigest(name: string): Buffer
  openFileName(uploadId: string, sealed: Uint8Array): string
  /**
   * The rules of a version of a segment, whose literals may name persons; compressed, and bound to
   * the version.
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
 * Under keys made from `storeKey`, the secret that the store keeps for itself (`digest-key`), one
 * for each purpose.
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
