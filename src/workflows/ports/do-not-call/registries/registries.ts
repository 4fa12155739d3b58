import type { AuditEntry } from '../../../../domain/audit/audit.ts'
import type { NumberPage } from '../../../../domain/do-not-call/registries/number-page.ts'
import type {
  Edition,
  EditionChange,
  ReceivingEdition,
  Registry,
} from '../../../../domain/do-not-call/registries/registry.ts'

/**
 * An edition whose file begins to arrive. `asOf`: the time of the data, ISO 8601. `subscription`
 * null: the caller named none. `owner`: the id of the process that receives the file.
 */
export type NewEdition = {
  id: string
  registry: string
  change: EditionChange
  /** For a change: the edition that it changes. null: the edition in force. */
  baseId: string | null
  asOf: string
  subscription: string | null
  tenantId: string
  requestId: string
  owner: string
  /**
   * The digest of the call's parameters. A repeated call with the same digest can continue the
   * edition.
   */
  callDigest: string
}

/**
 * The right of one call to load an edition. A call that continues the edition gets a higher
 * `attempt`. From then on, the earlier call writes nothing.
 */
export type EditionHold = { id: string; attempt: number }

/** What was received of an edition. */
export type ReceivedEdition = {
  /**
   * In how many runs the numbers arrived. Within a run, the numbers are ascending. Runs are
   * numbered from 1.
   */
  runs: number
  lines: number
  numbers: number
  rejected: number
  firstRejectedLine: number | null
  bytes: number
  sha256: string
}

/**
 * Why an edition must not come into force. `older`: its date is before the date of the edition in
 * force, or of an edition that is being loaded. `duplicate`: an earlier edition of the registry is
 * the same. `loading`: it is a change, and another edition is being loaded. `base_missing`: the
 * edition that it changes is not in force. `shrinks`: it is a full edition with far fewer numbers
 * than the edition in force, or than one that is being loaded. `editionId`: the edition that it was
 * compared with. null: no edition is in force.
 */
export type EditionFault = {
  kind: 'older' | 'duplicate' | 'loading' | 'base_missing' | 'shrinks'
  editionId: string | null
}

/** The registries and their editions. They belong to the gateway, not to a tenant. */
export type RegistryStore = {
  /**
   * Makes or changes the registry. `country_differs`: the registry has another country, which is
   * fixed once an edition was begun.
   */
  put(input: {
    name: string
    country: string
    maxAgeDays: number | null
    audit: AuditEntry
  }): Promise<{ kind: 'put'; registry: Registry } | { kind: 'country_differs' }>
  find(name: string): Promise<Registry | null>
  /** Sorted by name. */
  list(): Promise<Registry[]>
  /** Newest first, at most 200. Editions that are still being received are left out. */
  editions(name: string): Promise<Edition[]>
  findEdition(name: string, id: string): Promise<Edition | null>

  /**
   * What is wrong with an edition, as far as the gateway can tell before it reads the numbers.
   * null: nothing.
   */
  faultOf(
    edition: Pick<NewEdition, 'registry' | 'change' | 'baseId' | 'asOf'>,
  ): Promise<EditionFault | null>
  /** Editions that are only partly received and can be continued, oldest first. */
  receiving(name: string): Promise<ReceivingEdition[]>
  /**
   * Begins to receive an edition, which callers do not see yet. Discards the stored part of an
   * earlier call with the same digest.
   */
  begin(edition: NewEdition): Promise<EditionHold>
  /**
   * Continues the edition that an earlier call with the same digest began. `offset`: how many bytes
   * of the file's beginning this call leaves out. Once this call continues the edition, the earlier
   * call can write nothing. `offset_differs`: the gateway has kept a different number of bytes. The
   * returned `offset` is this number (0: nothing).
   */
  resume(input: {
    callDigest: string
    registry: string
    owner: string
    offset: number
  }): Promise<
    | { kind: 'resumed'; hold: EditionHold; state: Buffer }
    | { kind: 'offset_differs'; offset: number }
  >
  /**
   * Records that the first `bytes` bytes of the file are stored, as pages and as `state`. After a
   * crash or a broken connection, `resume` continues from here. Throws `StagingLost` if the edition
   * was discarded, or if another call continues it.
   */
  keep(hold: EditionHold, bytes: number, state: Buffer): Promise<void>
  /**
   * Deletes the pages that were stored after the last `keep`: the pages of the run from the prefix
   * `first` on, and all pages of later runs.
   */
  forgetBeyond(hold: EditionHold, run: number, first: number): Promise<void>
  /**
   * Shows that the call is still at work, so that the sweep does not discard the edition. false:
   * the edition was discarded, or another call continues it.
   */
  touch(hold: EditionHold): Promise<boolean>
  /**
   * Seals and stores pages of a run. Throws `StagingLost` if this process does not receive the
   * edition. Does nothing if another call has continued the edition meanwhile.
   */
  append(hold: EditionHold, run: number, pages: readonly NumberPage[]): Promise<void>
  /**
   * Accepts the edition. Call it once all of the edition is stored. The edition then comes into
   * force by itself, even after a crash. Stores the call's answer in the same transaction.
   * `isDated`: the caller has stated the time of the data.
   */
  accept(input: {
    hold: EditionHold
    received: ReceivedEdition
    isDated: boolean
    allowShrink: boolean
    claim: { tenantId: string; method: string; path: string; key: string; owner: string }
    audit: AuditEntry
    answerOf: (edition: Edition) => {
      fingerprint: string
      status: number
      body: string
      location: string
    }
  }): Promise<
    | {
        kind: 'accepted'
        edition: Edition
        answer: { status: number; body: string; location: string }
      }
    | { kind: 'claim_lost' }
    | { kind: 'fault'; fault: EditionFault }
  >
  discard(hold: EditionHold): Promise<void>
  /**
   * Ends the call. The part that `keep` recorded stays for a call that continues the edition. If
   * there is no such part, discards the edition.
   */
  leave(hold: EditionHold): Promise<void>
  /**
   * Discards editions whose loading has shown no sign of life for this time. An edition with a
   * stored part is discarded only after a day. Returns how many were discarded.
   */
  sweep(olderThanMs: number): Promise<number>

  /**
   * Deletes the edition's numbers and the key that opens them. null: there is no such edition.
   * `busy`: it is being loaded, or a change of it is.
   */
  remove(input: { name: string; id: string; audit: AuditEntry }): Promise<Edition | 'busy' | null>
}

/**
 * The steps with which the gateway processes an edition after its 202. Any instance may do a step.
 */
export type RegistryWork = {
  /**
   * Brings the next loaded edition into force, unless it has a fault. null: none is loaded. If the
   * process is killed before the edition is in force, the next call begins again with this edition.
   */
  bringIntoForce(): Promise<{ edition: Edition; fault: EditionFault | null } | null>
  /**
   * Searches some pages of the next edition for contacts that were delivered before it named them.
   * null: nothing is left to search. `done`: the edition is searched completely.
   */
  lookBack(): Promise<{ edition: Edition; found: number; done: boolean } | null>
  /**
   * Contacts of an upload may have been settled while an edition that names them came into force.
   * Searches one upload for such contacts. null: no upload is left.
   */
  lookForLate(): Promise<{ uploadId: string; found: number } | null>
  /** The same as `RegistryStore.sweep`. */
  sweep(olderThanMs: number): Promise<number>
}
