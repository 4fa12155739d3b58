import { hasScope, type Scope } from '../../domain/access/access.ts'

const PAGES: Record<string, { scope: Scope; at: string }> = {
  upl: { scope: 'uploads', at: 'uploads' },
  dns: { scope: 'dnc', at: 'do-not-call/submissions' },
  gf: { scope: 'files', at: 'guest-files' },
  whe: { scope: 'webhooks', at: 'endpoints' },
  key: { scope: 'admin', at: 'access/keys' },
  tnt: { scope: 'admin', at: 'access/tenants' },
}

/**
 * The address of the page of an object, by the object's id. null: there is no such page, or the
 * viewer lacks the scope of the page.
 */
export const objectLink = (id: string, scopes: readonly Scope[]): string | null => {
  const kind = /^([a-z]{2,3})_[\w-]+$/u.exec(id)?.[1]
  const place = kind === undefined ? undefined : PAGES[kind]
  return place !== undefined && hasScope(scopes, place.scope) ? `/console/${place.at}/${id}` : null
}
