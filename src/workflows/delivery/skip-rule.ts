import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import type { DeliveryStore } from '../ports/delivery/delivery.ts'

/**
 * Whether rows of an upload may be left out because Genesys already holds their content. They must
 * not be left out in three cases:
 * - The caller wants everything sent.
 * - The upload overwrites the list, so Genesys deletes the contacts that it holds.
 * - The list has fewer contacts than the registers of its tenants know together, so another
 *   application has deleted contacts.
 * If Genesys gives no size, the registers are trusted (ADR 8).
 */
export const maySkip = async (
  register: Pick<DeliveryStore, 'knowsMore'>,
  list: Pick<ContactList, 'id' | 'size'>,
  { mode, duplicates }: Pick<UploadOptions, 'mode' | 'duplicates'>,
): Promise<boolean> => {
  if (duplicates === 'ignore' || mode === 'overwrite') return false
  return list.size === null || !(await register.knowsMore(list.id, list.size))
}

/**
 * The code of a row that is left out. The register has the row's contact with the content `known`.
 * null: the row is sent. Call this only if `maySkip` is true.
 */
export const skipCode = (
  duplicates: UploadOptions['duplicates'],
  known: Buffer,
  content: Buffer,
): 'known' | 'identical' | null =>
  skipCodeOf(duplicates, duplicates === 'update' && known.equals(content))

/** The same decision for a caller that has compared the content already. */
export const skipCodeOf = (
  duplicates: UploadOptions['duplicates'],
  isSame: boolean,
): 'known' | 'identical' | null => {
  if (duplicates === 'ignore') return null
  if (duplicates === 'skip') return 'known'
  return isSame ? 'identical' : null
}
