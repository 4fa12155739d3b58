import type { AuditEntry } from '../../../../domain/audit/audit.ts'
import type { NumberPage } from '../../../../domain/do-not-call/registries/number-page.ts'
import type {
  Edition,
  EditionChange,
  ReceivingEdition,
  Registry,
} from '../../../../domain/do-not-call/registries/registry.ts'

export type NewEdition = {
  id: string
  registry: string
  change: EditionChange
  /** For a change, the edition that it is made on. null: the one in force. */
  baseId: string | null
  asOf: string
  subscription: string | null
  tenantId: string
  requestId: string
  owner: string
  /** The digest of the call. An equal call continues the edition. */
  callDigest: string
}

/** A call's hold on the edition that it brings. The call that continues it has another. */
export type EditionHold = { id: string; attempt: number }

/** What was received of an edition. */
export type ReceivedEdition = {
  /** Ascending parts, numbered from 1. */
  runs: number
  lines: number
  numbers: number
  rejected: number
  firstRejectedLine: number | null
  bytes: number
  sha256: string
}

/**
 * Why an edition may not come into force. `older`: it is older than the one in force. `duplicate`:
 * an edition has the same file (`editionId`). `base_missing`: the edition that it changes is not in
 * force. `shrinks`: it has far fewer numbers than the one in force.
 */
export type EditionFault = {
  kind: 'older' | 'duplicate' | 'base_missing' | 'shrinks'
  editionId: string | null
}

/** The registries and their editions. They belong to the gateway, not to a tenant. */
export type RegistryStore = {
  /** Makes or changes the registry. `country_differs`: it has editions of another country. */
  put(input: {
    name: string
    country: string
    maxAgeDays: number | null
    audit: AuditEntry
  }): Promise<{ kind: 'put'; registry: Registry } | { kind: 'country_differs' }>
  find(name: string): Promise<Registry | null>
  /** Sorted by name. */
  list(): Promise<Registry[]>
  /** Newest first, without those that are being received. */
  editions(name: string): Promise<Edition[]>
  findEdition(name: string, id: string): Promise<Edition | null>

  /** Faults that are known before any number is read. null: none. */
  faultOf(
    edition: Pick<NewEdition, 'registry' | 'change' | 'baseId' | 'asOf'>,
  ): Promise<EditionFault | null>
  /** The editions of which a part is kept, oldest first. */
  receiving(name: string): Promise<ReceivingEdition[]>
  /**
   * Begins to receive an edition. Callers do not see it yet. Discards what an earlier, equal call
   * left.
   */
  begin(edition: NewEdition): Promise<EditionHold>
  /**
   * Continues an edition that an equal call began, behind its first `offset` bytes. From then on
   * the earlier call can write nothing. `offset_differs`: another number of bytes is kept, which is
   * the `offset` of the answer; 0: none.
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
   * Notes that the first `bytes` of the file are in stored pages and in `state`. After a crash or a
   * broken connection, `resume` continues from here. Throws `StagingLost` if the sweep has
   * discarded the edition, or if another call has continued it.
   */
  keep(hold: EditionHold, bytes: number, state: Buffer): Promise<void>
  /** Deletes pages of the run from the prefix `first` on, and pages of later runs. */
  forgetBeyond(hold: EditionHold, run: number, first: number): Promise<void>
  /**
   * Sends a sign of life. Returns false if the sweep has discarded the edition, or if another call
   * has continued it.
   */
  touch(hold: EditionHold): Promise<boolean>
  /**
   * Seals and stores pages of a run. Throws `StagingLost` if this process does not receive the
   * edition. Stores nothing if another call has continued it.
   */
  append(hold: EditionHold, run: number, pages: readonly NumberPage[]): Promise<void>
  /**
   * Records that all of it is stored. From here on it comes into force by itself, even after a
   * crash. Answers the claim in the same transaction.
   */
  accept(input: {
    hold: EditionHold
    received: ReceivedEdition
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
  /** Leaves what is kept of it for a call that continues it. Discards it if nothing is kept. */
  leave(hold: EditionHold): Promise<void>
  /**
   * Discards what has shown no sign of life for too long. An edition of which a part is kept goes
   * after a day.
   */
  sweep(olderThanMs: number): Promise<number>

  /**
   * Shreds the edition's key and deletes its numbers. null if there is none. `busy`: it is being
   * loaded.
   */
  remove(input: { name: string; id: string; audit: AuditEntry }): Promise<Edition | 'busy' | null>
}

/** The work after the 202 of an edition, step by step, on any instance. */
export type RegistryWork = {
  /**
   * Brings the next loaded edition into force. null if there is none. If it is killed, the next
   * call begins again.
   */
  bringIntoForce(): Promise<{ edition: Edition; fault: EditionFault | null } | null>
  /**
   * Searches for contacts that were delivered before the next edition named them, some pages at a
   * time. null if nothing is left. `done`: the edition is compared.
   */
  lookBack(): Promise<{ edition: Edition; found: number; done: boolean } | null>
  /**
   * Searches for contacts that were settled while an edition came into force. null if nothing is
   * left.
   */
  lookForLate(): Promise<{ uploadId: string; found: number } | null>
  sweep(olderThanMs: number): Promise<number>
}
