import type {
  NewReceipt,
  ReceiptStore,
} from '../../../src/workflows/ports/genesys-events/webhooks.ts'

/** Receipts in memory, deduplicated as the real store does; `parts`: the list of each part whose token is alive. */
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
