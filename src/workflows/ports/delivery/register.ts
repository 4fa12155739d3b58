import type { Upload } from '../../../domain/uploads/upload.ts'
import type { OpenComparison } from './compare-contacts.ts'

/** What the holder of a lane reads in the register. */
export type RegisterReads = {
  registered(tenantId: string, listId: string, contactIds: readonly string[]): Promise<Registered>
  /**
   * The contacts that another retry of the same rows has delivered, if the upload is a retry. The
   * content of all these retries is equally old, so `acceptedSeq` does not tell them apart. Leaves
   * out what was delivered by a retry that Genesys does not show as it was sent (`differs`).
   */
  deliveredByRetries(
    upload: Pick<Upload, 'id' | 'parentId' | 'tenantId' | 'contactListId' | 'contentSeq'>,
    contactIds: readonly string[],
  ): Promise<ReadonlySet<string>>
  openComparison: OpenComparison
  registerSize(tenantId: string, listId: string): Promise<number>
  /**
   * Whether the registers of all tenants of the list know more contacts together than this. A
   * contact that several tenants have delivered counts once.
   */
  knowsMore(listId: string, contacts: number): Promise<boolean>
}

/** What the register contains about some contacts of a list. */
export type Registered = {
  /**
   * Contacts of this tenant that Genesys acknowledged, by contact id. `contentHash` is empty if the
   * content in Genesys is unknown, for example after another tenant's delivery.
   */
  known: Map<string, { contentHash: Buffer; acceptedSeq: number }>
  /**
   * Contacts that other tenants of the list have delivered, each with the newest sequence number,
   * and own ones that a reconciliation found missing, which are to be sent as if they were new.
   * Rows that are older must not be sent, because Genesys has only one content for a contact. Pass
   * the contacts to `intend`: if they are sent, the register must count their content as unknown
   * for the other tenants too.
   */
  ofOthers: ReadonlyMap<string, number>
}
