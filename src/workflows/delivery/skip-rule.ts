import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import type { DeliveryStore } from '../ports/delivery/delivery.ts'

/**
 * Whether rows of an upload may be left out because Genesys acknowledged their content before: not when the caller wants
 * everything sent, nor when the list is overwritten, for then nothing of what Genesys holds stays, nor when Genesys holds fewer
 * contacts than our register knows, for then someone cleared the list. An unknown size trusts the register (ADR 8).
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

/** Where rows may be left out: why a row whose contact the register knows with the content `known` is; null: it is sent. */
export const skipCode = (
  duplicates: UploadOptions['duplicates'],
  known: Buffer,
  content: Buffer,
): 'known' | 'identical' | null =>
  skipCodeOf(duplicates, duplicates === 'update' && known.equals(content))

/** The same, of a row whose content is, or is not, what the register knows. */
export const skipCodeOf = (
  duplicates: UploadOptions['duplicates'],
  isSame: boolean,
): 'known' | 'identical' | null => {
  if (duplicates === 'ignore') return null
  if (duplicates === 'skip') return 'known'
  return isSame ? 'identical' : null
}
