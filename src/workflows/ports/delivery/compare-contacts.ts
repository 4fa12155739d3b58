/**
 * What the register knows about a contact: nothing, that Genesys has it with other content (or
 * content in doubt), or with exactly this content.
 */
export const IN_REGISTER = { nothing: 0, other: 1, same: 2 } as const

/**
 * What the register knows of contacts, each by the 16 bytes of its digest in `idDigests` (as in
 * chunks): an `IN_REGISTER` a contact, in order. `contents`: the digest of what the contact is now,
 * 16 bytes each; null where it does not matter: then none is `same`.
 */
export type CompareContacts = (
  tenantId: string,
  listId: string,
  idDigests: Buffer,
  contents: Buffer | null,
) => Promise<Uint8Array>
