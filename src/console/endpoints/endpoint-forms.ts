import { z } from 'zod'

import { ENDPOINT_EVENT_TYPES } from '../../domain/endpoints/outbound-event.ts'
import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { onceView } from '../access/once.ts'
import { ticked, versionField } from '../frame/fields.ts'
import { form } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { endpointParams } from './endpoint-pages.ts'

const { endpoints: words } = ENGLISH

const placeOf = (endpointId: string): string => `/console/endpoints/${endpointId}`

const fields = {
  url: z.string().trim().min(1).max(2048),
  /** If no event is ticked, the endpoint gets every event. */
  events: ticked(z.enum(ENDPOINT_EVENT_TYPES)),
}

const secretView = (endpoint: { id: string; name: string }, secret: string, title: string) =>
  onceView({
    title: fill(title, { name: endpoint.name }),
    label: words.secret,
    value: secret,
    hint: words.secretHint,
    crumb: { href: '/console/endpoints', label: words.title },
    onward: { href: placeOf(endpoint.id), label: words.onward },
  })

export const ENDPOINT_ADD = form({
  at: '/endpoints/add',
  scope: 'webhooks',
  form: z.strictObject({
    name: z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u),
    ...fields,
  }),
  act: async ({ deps, caller, form: { name, url, events } }) => {
    const asked = { name, url, events: events.length === 0 ? null : events }
    const { endpoint, secret } = await deps.webhookEndpoints.create(caller, asked)
    return secretView(endpoint, secret, words.added)
  },
})

export const ENDPOINT_CHANGE = form({
  at: '/endpoints/:endpointId/change',
  scope: 'webhooks',
  params: endpointParams,
  form: z.strictObject({ ...fields, version: versionField }),
  act: async ({ deps, caller, params: { endpointId }, form: { url, events, version } }) => {
    const change = { url, events: events.length === 0 ? null : events }
    await deps.webhookEndpoints.change(caller, endpointId, version, change)
    return { goTo: placeOf(endpointId), said: 'endpointChanged' }
  },
})

/** Turns the endpoint on or off. */
export const ENDPOINT_SWITCH = form({
  at: '/endpoints/:endpointId/switch',
  scope: 'webhooks',
  params: endpointParams,
  form: z.strictObject({ to: z.enum(['on', 'off']), version: versionField }),
  act: async ({ deps, caller, params: { endpointId }, form: { to, version } }) => {
    const change = { enabled: to === 'on' }
    await deps.webhookEndpoints.change(caller, endpointId, version, change)
    return { goTo: placeOf(endpointId), said: to === 'on' ? 'endpointOn' : 'endpointOff' }
  },
})

export const ENDPOINT_ROTATE = form({
  at: '/endpoints/:endpointId/rotate-secret',
  scope: 'webhooks',
  params: endpointParams,
  act: async ({ deps, caller, params: { endpointId } }) => {
    const { endpoint, secret } = await deps.webhookEndpoints.rotateSecret(caller, endpointId)
    return secretView(endpoint, secret, words.rotated)
  },
})

export const ENDPOINT_TEST = form({
  at: '/endpoints/:endpointId/test',
  scope: 'webhooks',
  params: endpointParams,
  act: async ({ deps, caller, params: { endpointId } }) => {
    await deps.webhookEndpoints.test(caller, endpointId)
    return { goTo: placeOf(endpointId), said: 'endpointTested' }
  },
})

export const ENDPOINT_REPLAY = form({
  at: '/endpoints/:endpointId/deliveries/:deliveryId/replay',
  scope: 'webhooks',
  params: endpointParams.extend({ deliveryId: gatewayIdSchema }),
  act: async ({ deps, caller, params: { endpointId, deliveryId } }) => {
    await deps.webhookEndpoints.replay(caller, endpointId, deliveryId)
    return { goTo: placeOf(endpointId), said: 'endpointReplayed' }
  },
})

export const ENDPOINT_REPLAY_DEAD = form({
  at: '/endpoints/:endpointId/replay-failed',
  scope: 'webhooks',
  params: endpointParams,
  act: async ({ deps, caller, params: { endpointId } }) => {
    const { more } = await deps.webhookEndpoints.replayDead(caller, endpointId)
    return {
      goTo: placeOf(endpointId),
      said: more ? 'endpointReplayedSome' : 'endpointReplayedAll',
    }
  },
})

export const ENDPOINT_DELETE = form({
  at: '/endpoints/:endpointId/delete',
  scope: 'webhooks',
  params: endpointParams,
  form: z.strictObject({ version: versionField, sure: z.literal('yes') }),
  act: async ({ deps, caller, params: { endpointId }, form: { version } }) => {
    await deps.webhookEndpoints.remove(caller, endpointId, version)
    return { goTo: '/console/endpoints', said: 'endpointDeleted' }
  },
})
