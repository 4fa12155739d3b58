// Receives the webhooks of the gateway, verifies them, and handles each message once.
//
//   npm install standardwebhooks
//   WEBHOOK_SECRET=whsec_… PORT=8080 node receive-webhooks.mjs
//
// Needs Node 20 or newer. WEBHOOK_SECRET is the secret of your endpoint.
import { createServer } from 'node:http'

import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.WEBHOOK_SECRET)
const MAX_BODY_BYTES = 1_000_000

/** The messages that you have handled. Keep them in your database: they must survive a restart. */
const seenIds = new Set()
const newestVersions = new Map()

const handle = ({ type, data }) => {
  const { uploadId, submissionId, guestFileId, campaignId, dncListId } = data
  const subject = uploadId ?? submissionId ?? guestFileId ?? campaignId ?? dncListId
  // Messages can arrive out of order. Of two messages about the same object, the one with the
  // higher `revision` or `version` is newer.
  const version = data.revision ?? data.version
  if (version <= newestVersions.get(subject)) return
  newestVersions.set(subject, version)
  console.log(`${type} ${subject} ${data.state ?? ''}`)
}

const bodyOf = async (request) => {
  const parts = []
  let sizeBytes = 0
  for await (const part of request) {
    sizeBytes += part.length
    if (sizeBytes > MAX_BODY_BYTES) throw new Error('The body is too large')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const answer = async (request) => {
  const body = await bodyOf(request)
  let message
  try {
    // The signature covers the body byte for byte: verify it before you parse it.
    message = webhook.verify(body, request.headers)
  } catch {
    return 401
  }
  // If your answer was lost, the gateway sends the message again with the same id. Answer with 2xx,
  // and do nothing.
  const id = request.headers['webhook-id']
  if (seenIds.has(id)) return 204
  handle(message)
  seenIds.add(id)
  // Answer within 5 seconds. Put longer work into a queue. After 410, the gateway disables the
  // endpoint. After any other answer except 2xx, it sends the message again.
  return 204
}

const server = createServer((request, response) => {
  answer(request).then(
    (status) => response.writeHead(status).end(),
    () => response.destroy(),
  )
})
server.listen(Number(process.env.PORT ?? 8080), () =>
  console.log(`Listening on port ${server.address().port}`),
)
