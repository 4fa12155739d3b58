import type { WebhookRoute } from '../../../domain/genesys-events/genesys-webhook.ts'
import type { Example } from '../../document/example.ts'

const signed = {
  'webhook-id': 'evt_42',
  'webhook-timestamp': '1772438400',
  'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
}
const answer: Example['answer'] = { status: 200, body: { received: true } }

export const WEBHOOK_EXAMPLES: Record<WebhookRoute, readonly Example[]> = {
  callback: [
    {
      name: 'success',
      summary: 'A part was ingested',
      headers: signed,
      body: {
        contactListId: 'demo-contacts',
        uploadId: 'job-5f0c',
        status: 'success',
        recordsProcessed: 2500,
        recordsFailed: 0,
        timestamp: '2026-03-02T08:00:02Z',
      },
      answer,
    },
  ],
  event: [
    {
      name: 'ended',
      summary: 'A job has finished',
      headers: signed,
      body: { jobId: 'job-5f0c', status: 'completed' },
      answer,
    },
  ],
  dnc: [
    {
      name: 'changed',
      summary: 'A DNC list has new entries',
      headers: signed,
      body: { id: 'evt-7c21', dncListId: 'demo-dnc' },
      answer,
    },
  ],
}
