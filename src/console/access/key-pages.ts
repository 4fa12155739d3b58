import { z } from 'zod'

import { SCOPES } from '../../domain/access/access.ts'
import { MOST_OVERLAP_HOURS } from '../../domain/access/issued-key.ts'
import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { cursorField, filled, pageLinks, ticked } from '../frame/fields.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { keyLine, keyModel, scopeChoices } from './key-model.ts'
import { onceView } from './once.ts'

const PAGE_KEYS = 50
/**
 * How many tenants the form of a new key offers. If there are more, the form has a text field for
 * the id.
 */
const MOST_TENANTS = 100
const { keys: words } = ENGLISH
const KEYS_PAGE = '/console/access'

export const nameField = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u)

export const ACCESS = page({
  at: '/access',
  scope: 'admin',
  menu: 'keys',
  query: z.strictObject({ tenant: filled(gatewayIdSchema), cursor: cursorField }),
  load: async ({ deps, query: { tenant, cursor } }) => {
    const about = { limit: PAGE_KEYS, cursor: cursor ?? null }
    const [found, tenants] = await Promise.all([
      deps.keys.list({ ...about, ...(tenant !== undefined && { tenantId: tenant }) }),
      deps.tenants.list({ limit: MOST_TENANTS, cursor: null }),
    ])
    if (found === null) return { goTo: KEYS_PAGE }
    const now = deps.clock.now()
    return {
      title: words.title,
      template: '/access/keys',
      model: {
        keys: found.items.map((key) => ({
          ...keyLine(key, now),
          tenantName: tenants!.items.find(({ id }) => id === key.tenantId)?.name ?? key.tenantId,
        })),
        tenants: tenants!.items.map(({ id, name }) => ({ id, name })),
        manyTenants: tenants!.next !== null,
        tenant: tenant ?? '',
        scopes: scopeChoices(),
        today: now.toISOString().slice(0, 10),
        ...pageLinks(KEYS_PAGE, { tenant }, { cursor, next: found.next }),
      },
    }
  },
})

const params = z.strictObject({ keyId: gatewayIdSchema })
const placeOf = (keyId: string): string => `${KEYS_PAGE}/keys/${keyId}`

export const KEY = page({
  at: '/access/keys/:keyId',
  scope: 'admin',
  params,
  load: async ({ deps, caller, params: { keyId } }) => {
    const key = await deps.keys.find(keyId)
    return {
      title: key.name,
      template: '/access/key',
      model: { key: keyModel(key, deps.clock.now(), caller) },
    }
  },
})

const keyView = (issued: { id: string; name: string }, key: string, title: string) =>
  onceView({
    title: fill(title, { name: issued.name }),
    label: words.key,
    value: key,
    hint: words.keyHint,
    crumb: { href: KEYS_PAGE, label: words.title },
    onward: { href: placeOf(issued.id), label: words.onward },
  })

export const KEY_ADD = form({
  at: '/access/keys/add',
  scope: 'admin',
  form: z.strictObject({
    tenant: gatewayIdSchema,
    name: nameField,
    scopes: ticked(z.enum(SCOPES)).pipe(z.array(z.enum(SCOPES)).min(1)),
    until: filled(z.iso.date()),
  }),
  act: async ({ deps, caller, form: { tenant, name, scopes, until } }) => {
    // The key is valid until the end of the chosen day, in UTC.
    const expiresAt = until === undefined ? null : new Date(`${until}T23:59:59.999Z`)
    const plan = { tenantId: tenant, name, scopes, expiresAt }
    const { issued, key } = await deps.keys.create(caller, plan)
    return keyView(issued, key, words.added)
  },
})

export const KEY_ROTATE = form({
  at: '/access/keys/:keyId/rotate',
  scope: 'admin',
  params,
  form: z.strictObject({ overlap: z.coerce.number().int().min(0).max(MOST_OVERLAP_HOURS) }),
  act: async ({ deps, caller, params: { keyId }, form: { overlap } }) => {
    const { issued, key } = await deps.keys.rotate(caller, keyId, overlap)
    return keyView(issued, key, words.rotated)
  },
})

export const KEY_REVOKE = form({
  at: '/access/keys/:keyId/revoke',
  scope: 'admin',
  params,
  form: z.strictObject({ sure: z.literal('yes') }),
  act: async ({ deps, caller, params: { keyId } }) => {
    await deps.keys.revoke(caller, keyId)
    return { goTo: placeOf(keyId), said: 'keyRevoked' }
  },
})
