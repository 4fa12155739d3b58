import { ENDPOINT_EVENT_TYPES } from '../../domain/endpoints/outbound-event.ts'
import {
  DELIVERY_STATES,
  type DeliveryState,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../../domain/endpoints/webhook-endpoint.ts'
import { pageLinks } from '../frame/fields.ts'
import { ENGLISH, fill } from '../texts/texts.ts'

const { endpoints: words } = ENGLISH

const STATE_OF = { on: 'completed', failing: 'held', off: 'failed' } as const

/** The state of an endpoint as one word, which also selects the colour of its badge. */
const standing = ({ enabled, consecutiveFailures }: WebhookEndpoint): keyof typeof STATE_OF =>
  enabled ? (consecutiveFailures > 0 ? 'failing' : 'on') : 'off'

/** An endpoint as a line of the list. */
export const endpointLine = (endpoint: WebhookEndpoint) => {
  const stands = standing(endpoint)
  return {
    id: endpoint.id,
    name: endpoint.name,
    url: endpoint.url,
    badge: STATE_OF[stands],
    state: words.states[stands],
    why: endpoint.disabledReason === null ? null : words.disabled[endpoint.disabledReason],
    failures: endpoint.consecutiveFailures,
    failuresText: fill(words.failures, { count: endpoint.consecutiveFailures }),
    failingSince: endpoint.failingSince,
    events: endpoint.events === null ? words.allEvents : endpoint.events.join(', '),
    fixed: endpoint.source === 'environment',
  }
}

/** The model of the page of one endpoint. */
export const endpointModel = (endpoint: WebhookEndpoint) => ({
  ...endpointLine(endpoint),
  enabled: endpoint.enabled,
  version: endpoint.version,
  warnedAt: endpoint.warnedAt,
  previousSecretUntil: endpoint.previousSecretUntil,
  createdAt: endpoint.createdAt,
  updatedAt: endpoint.updatedAt,
  choices: eventChoices(endpoint.events),
})

/** The boxes of the events. null: the endpoint gets all events, and no box is ticked. */
export const eventChoices = (events: readonly string[] | null) =>
  ENDPOINT_EVENT_TYPES.map((type) => ({
    type,
    label: words.events[type],
    ticked: events?.includes(type) === true,
  }))

const BADGE_OF = {
  pending: 'waiting',
  delivered: 'completed',
  dead: 'failed',
} as const satisfies Record<DeliveryState, string>

const cameTo = ({ lastStatus, lastFailure }: WebhookDelivery): string | null =>
  lastFailure === 'answer' || (lastFailure === null && lastStatus !== null)
    ? fill(words.answered, { status: String(lastStatus) })
    : lastFailure === null
      ? null
      : words.deliveryFailures[lastFailure]

const EVENT_WORDS: Record<string, string> = { ...words.events, ...words.ownEvents }

/** The page of the upload that an event is about. null: the event is not about an upload. */
const objectLink = (object: string): string | null =>
  object.startsWith('upl_') ? `/console/uploads/${object}` : null

const deliveryLine = (delivery: WebhookDelivery) => ({
  id: delivery.id,
  event: EVENT_WORDS[delivery.eventType] ?? delivery.eventType,
  type: delivery.eventType,
  object: delivery.object,
  objectLink: objectLink(delivery.object),
  badge: BADGE_OF[delivery.state],
  state: words.deliveryStates[delivery.state],
  attempts: delivery.attempts,
  cameTo: cameTo(delivery),
  createdAt: delivery.createdAt,
  nextAt: delivery.nextAt,
  isDead: delivery.state === 'dead',
})

type Asked = { state?: DeliveryState | undefined; cursor?: string | undefined }

/** One page of the log of deliveries. */
export const deliveriesModel = (
  endpointId: string,
  found: { items: readonly WebhookDelivery[]; next: string | null },
  { state, cursor }: Asked,
) => {
  const path = `/console/endpoints/${endpointId}`
  const lines = found.items.map(deliveryLine)
  return {
    lines,
    state: state ?? '',
    states: DELIVERY_STATES.map((name) => ({ state: name, label: words.deliveryStates[name] })),
    anyDead: lines.some(({ isDead }) => isDead),
    ...pageLinks(path, { state }, { cursor, next: found.next }),
  }
}
