import type { RawBuilder } from 'kysely'

import type { Ids } from '../../lib/ids.ts'
import type { Db, Tx } from '../homes/database.ts'

/** How the data of one rule is deleted. */
export type Rule = {
  /** The most rows of a lot. Default: `LOT`. A full lot means that rows may be left. */
  lot?: number
  /**
   * Selects and locks a lot that is due. Returns `key`, and `ended_at`, the time at which the
   * retention began. Rows are due if their retention began before `past`.
   */
  due(past: RawBuilder<unknown>): RawBuilder<unknown>
  /**
   * Deletes the rows of the lot. `waits`: deleted none of them, because a record of the deletion
   * must first be in the chain of the audit trail. `part`: deleted only a part of what belongs to
   * them, because all of it would take too long. The next lot continues.
   */
  remove(
    tx: Tx,
    keys: readonly string[],
    about: { past: RawBuilder<unknown>; ids: Ids },
  ): Promise<'removed' | 'waits' | 'part' | void>
  after?(db: Db, keys: readonly string[]): Promise<void>
}
