import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'

import { Webhook } from 'standardwebhooks'

import type { UploadEventData } from '../../../src/domain/endpoints/outbound-event.ts'

export type CrmMessage = {
  /** The `webhook-id`: the same on every attempt of one message. */
  id: string
  type: string
  timestamp: string
  data: UploadEventData
}

export type CrmReceiver = {
  url: string
  secret: string
  /** Every message with a valid signature, including repeated attempts. */
  heard: CrmMessage[]
  /** How many requests were refused because their signature was not valid. */
  forged: number
  /** The messages about one upload. */
  about(uploadId: string): CrmMessage[]
  /** Resolves with the first message, past or future, for which `matches` returns true. */
  message(matches: (message: CrmMessage) => boolean, withinMs?: number): Promise<CrmMessage>
  /** Answers the next `count` requests with `status`, without reading them. */
  refuseNext(count: number, status: number): void
  /** From now on, accepts only messages that are signed with this secret. */
  trust(secret: string): void
  close(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/**
 * A CRM's endpoint on loopback. It accepts what the gateway sends, and checks the Standard Webhooks
 * signature with the official library.
 */
export const startCrmReceiver = async (): Promise<CrmReceiver> => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  let webhook = new Webhook(secret)
  const heard: CrmMessage[] = []
  let waiters: { matches: (message: CrmMessage) => boolean; resolve: (m: CrmMessage) => void }[] =
    []
  let refusals = 0
  let refusalStatus = 500
  let forged = 0

  const take = (message: CrmMessage): void => {
    heard.push(message)
    const met = waiters.filter(({ matches }) => matches(message))
    waiters = waiters.filter((waiter) => !met.includes(waiter))
    for (const { resolve } of met) resolve(message)
  }
  const answer = async (request: IncomingMessage): Promise<number> => {
    const body = await bodyOf(request)
    if (refusals > 0) {
      refusals -= 1
      return refusalStatus
    }
    const header = (name: string): string => String(request.headers[name] ?? '')
    const headers = {
      'webhook-id': header('webhook-id'),
      'webhook-timestamp': header('webhook-timestamp'),
      'webhook-signature': header('webhook-signature'),
    }
    try {
      const content = webhook.verify(body, headers) as Omit<CrmMessage, 'id'>
      take({ id: headers['webhook-id'], ...content })
      return 200
    } catch {
      forged += 1
      return 401
    }
  }
  const server = createServer((request, response) => {
    void answer(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/genesys-events`,
    secret,
    heard,
    get forged() {
      return forged
    },
    about: (uploadId) => heard.filter((message) => message.data.uploadId === uploadId),
    message: async (matches, withinMs = 30_000) => {
      const known = heard.find(matches)
      if (known) return known
      const { promise, resolve, reject } = Promise.withResolvers<CrmMessage>()
      waiters.push({ matches, resolve })
      const timer = setTimeout(
        () => reject(new Error(`The CRM heard nothing of it within ${withinMs} ms`)),
        withinMs,
      )
      return promise.finally(() => clearTimeout(timer))
    },
    refuseNext: (count, status) => {
      refusals = count
      refusalStatus = status
    },
    trust: (other) => {
      webhook = new Webhook(other)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
