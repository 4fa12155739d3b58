import type { Suppression, SuppressionEpochs } from '../../../domain/do-not-call/suppression.ts'

/**
 * Whether somebody is suppressed could not be told. It is never taken for "not suppressed": what was to be sent is not sent. `missing`: the digests of
 * the rows of this upload, which `fillSubjects` makes.
 */
export class SuppressionUnknown extends Error {
  override readonly name = 'SuppressionUnknown'
  readonly missing: string | null
  constructor(message: string, missing: string | null = null, cause?: unknown) {
    super(message, { cause })
    this.missing = missing
  }
}

/** Who is suppressed for a contact list: by the entries of every tenant that is granted it. */
export type SuppressionPort = {
  /** The epochs now of every tenant whose entries concern the list; empty: there are none, and nobody is suppressed. */
  epochsOf(contactListId: string): Promise<SuppressionEpochs>
  /**
   * Which of these subjects are suppressed. `digests`: 16 bytes each, in any order, also twice. The keys of the answer are digests in `latin1`. Fails
   * rather than leaving anybody out.
   */
  suppressedAmong(contactListId: string, digests: Buffer): Promise<ReadonlyMap<string, Suppression>>
  /** Which rows of a chunk of a staged upload, not left out, entries suppress that were added since the rows were looked up. */
  suppressedIn(uploadId: string, seq: number): Promise<ReadonlySet<number>>
  /** How many rows of a staged upload, not left out, entries suppress that were added since the rows were looked up. */
  suppressedSince(uploadId: string): Promise<number>
  /** Makes the digests of an upload's rows that were staged by a version before. */
  fillSubjects(uploadId: string): Promise<void>
}
