import { differingColumns } from '../../../domain/contacts/shown-cells.ts'
import type { ReconciliationFindings } from '../../../domain/uploads/reconciliation.ts'
import type { ContactReadPort } from '../../ports/uploads/reconciliation.ts'
import type { Asking, ReconcileDeps } from './asking.ts'
import { type SampleRow, stillKnown } from './sample.ts'

export type RowFindings = Omit<ReconciliationFindings, 'listSize' | 'registered'>

/** The contacts that Genesys shows, by id. */
export type Held = Awaited<ReturnType<ContactReadPort['readContacts']>>

/**
 * Compares a sample with what Genesys showed, cell by cell. Leaves out contacts that have changed
 * meanwhile. A contact has not changed if its content is still in the register. For this check, the
 * register is read again after the contacts were read from Genesys. The register shows changes in
 * time, because an upload marks a contact's register entry as doubtful before it sends the contact
 * again.
 */
export const compareContacts = async (
  deps: ReconcileDeps,
  held: Held,
  asking: Asking,
  sample: readonly SampleRow[],
): Promise<RowFindings> => {
  const { upload } = asking
  if (sample.length === 0) return { sampled: 0, missing: 0, differences: {} }
  const certain = await stillKnown(deps, asking, sample)
  const differences: Record<string, number> = {}
  let missing = 0
  for (const { contactId, cells } of certain) {
    const data = held.get(contactId)
    if (data === undefined) {
      missing += 1
      continue
    }
    for (const name of differingColumns(upload.targetColumns, cells, data)) {
      differences[name] = (differences[name] ?? 0) + 1
    }
  }
  return { sampled: certain.length, missing, differences }
}
