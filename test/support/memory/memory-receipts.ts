import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import type {
  DncChangeReceipt,
  DncChangeStore,
} from '../../../src/workflows/ports/genesys-events/dnc-changes.ts'
import type {
  NewReceipt,
  ReceiptStore,
} from '../../../src/workflows/ports/genesys-events/webhooks.ts'

/**
 * Receipts in memory, deduplicated as the real store does. `parts`: the list of each part whose
 * token is valid.
 */
export const createMemoryReceipts = (
  parts: Record<string, string>,
): Pick<ReceiptStore, 'listOfPart' | 'record'> & { kept: NewReceipt[]; asked: string[] } => {
  const kept: NewReceipt[] = []
  const asked: string[] = []
  return {
    kept,
    asked,
    listOfPart: async (partId) => {
      asked.push(partId)
      return parts[partId] ?? null
    },
    record: async (receipt) => {
      if (kept.some(({ key }) => key.equals(receipt.key))) return 'duplicate'
      kept.push(receipt)
      return 'recorded'
    },
  }
}

/** Changes of DNC lists in memory. The tenant `default` is notified of them. */
export const createMemoryDncChanges = (): DncChangeStore & {
  kept: DncChangeReceipt[]
  audit: AuditEntry[]
} => {
  const kept: DncChangeReceipt[] = []
  const audit: AuditEntry[] = []
  const keep = (receipt: DncChangeReceipt, entry: () => AuditEntry): 'recorded' | 'duplicate' => {
    if (kept.some(({ key }) => key.equals(receipt.key))) return 'duplicate'
    kept.push(receipt)
    audit.push(entry())
    return 'recorded'
  }
  return {
    kept,
    audit,
    record: async (receipt, auditOf) => keep(receipt, () => auditOf('default')),
    malformed: async (receipt, entry) => void keep(receipt, () => entry),
  }
}
