import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import type { DeliveryStore } from '../ports/delivery/delivery.ts'

/**
 * Whether rows of an upload may be left out because Genesys acknowledged their content before. They
 * may not if the caller wants everything sent, if the list is overwritten (Genesys then keeps
 * nothing of what it holds), or if Genesys holds fewer contacts than our register (then someone
 * cleared the list). If the size is unknown, the register is trusted (ADR 8).
 */
export const maySkip = async (
  register: Pick<DeliveryStore, 'registerSize'>,
  tenantId: string,
  list: Pick<ContactList, 'id' | 'size'>,
  { mode, duplicates }: Pick<UploadOptions, 'mode' | 'duplicates'>,
): Promise<boolean> => {
  if (duplicates === 'ignore' || mode === 'overwrite') return false
  return list.size === null || list.size >= (await register.registerSize(tenantId, list.id))
}

/**
 * If rows may be left out: why this row is left out, whose contact is in the register with the
 * content `known`. null if the row is sent.
 */
export const skipCode = (
  duplicates: UploadOptions['duplicates'],
  known: Buffer,
  content: Buffer,
): 'known' | 'identical' | null =>
  skipCodeOf(duplicates, duplicates === 'update' && known.equals(content))

/** The same for a row, by whether its content is what the register knows. */
export const skipCodeOf = (
  duplicates: UploadOptions['duplicates'],
  isSame: boolean,
): 'known' | 'identical' | null => {
  if (duplicates === 'ignore') return null
  if (duplicates === 'skip') return 'known'
  return isSame ? 'identical' : null
}
