/**
 * What the register knows about a contact. `nothing`: it does not know the contact. `other`:
 * Genesys has the contact with other content or with unknown content. `same`: Genesys has it with
 * exactly this content.
 */
export const IN_REGISTER = { nothing: 0, other: 1, same: 2 } as const

/**
 * Compares contacts with the register. `idDigests`: the 16-byte digests of their contact ids, one
 * after the other. Returns a value of `IN_REGISTER` for each contact, in order. `contents`: the
 * 16-byte digests of the content to compare, in the same order. null: contents are not compared, so
 * no contact is `same`.
 */
export type CompareContacts = (idDigests: Buffer, contents: Buffer | null) => Promise<Uint8Array>

/**
 * Begins a comparison with the register of a tenant's list, for the contacts of one file. The
 * comparison may read the register and keep it in memory for a while. In that case, it does not
 * know contacts that are delivered later.
 */
export type OpenComparison = (tenantId: string, listId: string) => CompareContacts
