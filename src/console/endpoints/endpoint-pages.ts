import { z } from 'zod'

import { DELIVERY_STATES } from '../../domain/endpoints/webhook-endpoint.ts'
import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { cursorField, filled, linkTo } from '../frame/fields.ts'
import { lookQuery, nextLook } from '../frame/live.ts'
import { page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { deliveriesModel, endpointLine, endpointModel, eventChoices } from './endpoint-model.ts'

const PAGE_ENDPOINTS = 50
const PAGE_DELIVERIES = 30
const { endpoints: words } = ENGLISH

export const ENDPOINTS = page({
  at: '/endpoints',
  scope: 'webhooks',
  menu: 'endpoints',
  query: z.strictObject({ cursor: cursorField }),
  load: async ({ deps, caller, query: { cursor } }) => {
    const asked = { limit: PAGE_ENDPOINTS, cursor: cursor ?? null }
    const found = await deps.webhookEndpoints.list(caller, asked)
    if (found === null) return { goTo: '/console/endpoints' }
    return {
      title: words.title,
      template: '/endpoints/endpoint-list',
      model: {
        endpoints: found.items.map(endpointLine),
        choices: eventChoices(null),
        next: found.next === null ? null : linkTo('/console/endpoints', { cursor: found.next }),
      },
    }
  },
})

export const endpointParams = z.strictObject({ endpointId: gatewayIdSchema })
const query = z.strictObject({ state: filled(z.enum(DELIVERY_STATES)), cursor: cursorField })

type Asked = Visit<z.output<typeof endpointParams>, z.output<typeof query>>

const readModel = async ({ deps, caller, params: { endpointId }, query: asked }: Asked) => {
  const endpoint = await deps.webhookEndpoints.find(caller, endpointId)
  const { state, cursor } = asked
  const found = await deps.webhookEndpoints.deliveries(caller, endpointId, {
    ...{ limit: PAGE_DELIVERIES, cursor: cursor ?? null },
    states: state === undefined ? [] : [state],
  })
  if (found === null) return null
  return {
    endpoint: endpointModel(endpoint),
    deliveries: deliveriesModel(endpointId, found, asked),
  }
}

export const ENDPOINT = page({
  at: '/endpoints/:endpointId',
  scope: 'webhooks',
  params: endpointParams,
  query,
  load: async (visit) => {
    const model = await readModel(visit)
    if (model === null) return { goTo: `/console/endpoints/${visit.params.endpointId}` }
    return {
      title: model.endpoint.name,
      template: '/endpoints/endpoint',
      model: { ...model, live: visit.query.cursor === undefined ? nextLook(null) : null },
    }
  },
})

/** The state of the endpoint and its newest deliveries. The page reloads this part. */
export const ENDPOINT_LIVE = page({
  at: '/endpoints/:endpointId/live',
  scope: 'webhooks',
  part: true,
  params: endpointParams,
  query: query.extend(lookQuery.shape),
  load: async (visit) => {
    const model = await readModel(visit)
    if (model === null) return { goTo: `/console/endpoints/${visit.params.endpointId}` }
    return {
      title: model.endpoint.name,
      template: '/endpoints/endpoint-live',
      // The page keeps reloading this part, because a pending delivery may get its next attempt
      // soon.
      model: { ...model, live: nextLook(visit.query.look) },
    }
  },
})
