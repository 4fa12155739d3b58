/**
 * What the register knows about a contact: nothing, that Genesys has it with other content (or
 * content in doubt), or with exactly this content.
 */
export const IN_REGISTER = { nothing: 0, other: 1, same: 2 } as const

/**
 * Compares contacts with the register, each by the 16 bytes of its digest in `idDigests` (as in
 * chunks). Returns an `IN_REGISTER` for each contact, in order. `contents`: the digests of the
 * present content, 16 bytes each. null if the content does not matter: then none is `same`.
 */
export type CompareContacts = (
  tenantId: string,
  listId: string,
  idDigests: Buffer,
  contents: Buffer | null,
) => Promise<Uint8Array>
