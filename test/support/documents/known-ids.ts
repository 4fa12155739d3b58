import { Webhook } from 'standardwebhooks'

import type { Operation } from '../../../src/http/document/operation.ts'
import type { RunningGateway, Stage } from '../stages/stage.ts'
import { bodyOf, type ExampleCalls, type Known } from './example-calls.ts'

const LIST = 'demo-contacts'

type Table = Record<string, (name: string) => Promise<Known>>

type Calling = {
  stage: Stage
  gateway: RunningGateway
  operations: ReadonlyMap<string, Operation>
  calls: ExampleCalls
  /** The secret with which Genesys signs its webhooks. */
  secret: string
}

/** What was begun before the first example. */
type Begun = {
  /** An upload, once it has ended. */
  ended: Promise<string>
  /** A webhook endpoint that is notified of this end. */
  endpointId: string
}

const upload = async ({ call }: ExampleCalls, listId: string, key: string): Promise<string> =>
  (await call('createUpload', 'bareCsv', { params: { contactListId: listId }, key })).body.id

const registered = async (gateway: RunningGateway, of: string): Promise<string> => {
  const { body } = await gateway.client.call<{ id: string }>('/v1/webhook-endpoints', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: of, url: 'https://hooks.example.com/x', events: null }),
  })
  return body.id
}

/**
 * What a run has to know for an operation. Operations that are not listed are called as documented.
 * The values are made on the gateway, by the calls of the examples if there are any.
 */
export const createKnownIds = async (calling: Calling): Promise<Table> => {
  const { gateway, calls } = calling
  const endpointId = await registered(gateway, 'told')
  const ended = upload(calls, LIST, 'first').then(
    async (id) => (await gateway.client.finished(id)).id,
  )
  return {
    ...ofUploads(calling, ended),
    ...ofFilesAndErasures(calling),
    ...ofSubmissions(calls),
    ...ofRegistries(calls),
    ...ofAccess(calls),
    ...ofGenesysEvents(calling),
    ...ofEndpoints(gateway, { ended, endpointId }),
    ...ofSegments(calling),
  }
}

const ofUploads = ({ stage, calls }: Calling, ended: Promise<string>): Table => {
  const { call } = calls
  /** An upload to a list that Genesys keeps indexing, so that nothing of it is sent. */
  const waitingUpload = async (listId: string, key: string): Promise<string> => {
    stage.sandbox.setFaults([{ kind: 'list-status', listId, listStatus: 'PROCESSING' }])
    return upload(calls, listId, key)
  }
  const heldUpload = async (key: string) => (await call('createUpload', 'form', { key })).body
  return {
    createUpload: async (name) => (name === 'validateOnly' ? {} : { key: `example-${name}` }),
    getUpload: async () => ({ params: { uploadId: await ended } }),
    getScrubCertificate: async () => ({ params: { uploadId: await ended } }),
    listUploadRows: async () => ({ params: { uploadId: await ended } }),
    followUpload: async () => ({ params: { uploadId: await ended } }),
    explainContact: async () => {
      await ended
      return {}
    },
    cancelUpload: async () => ({ params: { uploadId: (await heldUpload('to-cancel')).id } }),
    pauseUpload: async () => ({
      params: { uploadId: await waitingUpload('demo-list-1', 'to-pause') },
    }),
    resumeUpload: async () => {
      const uploadId = await waitingUpload('demo-list-2', 'to-resume')
      await call('pauseUpload', 'moved', { params: { uploadId } })
      return { params: { uploadId } }
    },
    applyUpload: async () => {
      const { id: uploadId, planDigest } = await heldUpload('to-apply')
      return { params: { uploadId }, headers: { 'if-match': `"${String(planDigest)}"` } }
    },
    retryUpload: async () => {
      const { id: uploadId } = await heldUpload('to-retry')
      await call('cancelUpload', 'moved', { params: { uploadId } })
      return { params: { uploadId } }
    },
  }
}

const ofFilesAndErasures = ({ stage, calls: { call, keyWith } }: Calling): Table => {
  /** A key that may erase, because the admin key may not. */
  const byName = async () => ({
    authorization: `Bearer ${(await keyWith(['erasure'], 'default')).key}`,
  })
  return {
    sendGuestFile: async (name) => ({ key: `example-${name}` }),
    sendConversationFile: async (name) => ({ key: `example-${name}` }),
    getGuestFile: async () => ({
      params: { guestFileId: (await call('sendGuestFile', 'text', { key: 'found' })).body.id },
    }),
    cancelGuestFile: async () => {
      stage.sandbox.setFaults([
        { kind: 'status', operation: 'guest-file-register', status: 503, retryAfter: 'none' },
      ])
      const { body } = await call('sendGuestFile', 'text', { key: 'to-cancel' })
      return { params: { guestFileId: body.id } }
    },
    createErasure: async () => ({ key: 'example-erasure', headers: await byName() }),
    getErasure: async () => {
      const headers = await byName()
      const { body } = await call('createErasure', 'phone', { key: 'receipt', headers })
      return { params: { erasureId: body.id }, headers }
    },
  }
}

const ofSubmissions = ({ call }: ExampleCalls): Table => {
  const submission = async (): Promise<string> =>
    (await call('createDncEntries', 'json', { key: 'looked-at' })).body.id
  return {
    createDncEntries: async (name) => ({ key: `example-${name}` }),
    getDncSubmission: async () => ({ params: { submissionId: await submission() } }),
    releaseDncSubmission: async () => ({ params: { submissionId: await submission() } }),
    resumeDncSubmission: async () => ({ params: { submissionId: await submission() } }),
    listDeliveredBefore: async () => ({ params: { submissionId: await submission() } }),
    listDncSubmissionEntries: async () => ({ params: { submissionId: await submission() } }),
  }
}

const ofRegistries = ({ call }: ExampleCalls): Table => {
  const edition = async (): Promise<string> => {
    await call('putRegistry', 'ftc')
    return (await call('createEdition', 'flat', { key: 'example-edition' })).body.id
  }
  return {
    ...Object.fromEntries(
      ['listRegistries', 'getRegistry', 'createEdition'].map((id) => [
        id,
        async () => {
          await call('putRegistry', 'ftc')
          return { key: 'example-edition' }
        },
      ]),
    ),
    getEdition: async () => ({ params: { editionId: await edition() } }),
    listDeliveredBeforeEdition: async () => ({ params: { editionId: await edition() } }),
    deleteEdition: async () => {
      const editionId = await edition()
      while (
        (await call('getEdition', 'current', { params: { editionId } })).body['state'] === 'loading'
      ) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return { params: { editionId } }
    },
  }
}

const ofAccess = ({ tenant, keyWith }: ExampleCalls): Table => ({
  createTenant: async () => ({ key: 'example-tenant' }),
  getTenant: async () => ({ params: { tenantId: await tenant() } }),
  changeTenant: async () => ({ params: { tenantId: await tenant() } }),
  createKey: async () => ({ body: { tenantId: await tenant() } }),
  listKeys: async () => ({ query: { tenantId: await tenant() } }),
  ...Object.fromEntries(
    ['getKey', 'rotateKey', 'revokeKey'].map((id) => [
      id,
      async () => ({ params: { keyId: (await keyWith(['uploads'])).id } }),
    ]),
  ),
})

const ofGenesysEvents = ({ operations, secret }: Calling): Table => {
  const signed = async (id: string, name: string): Promise<Known> => {
    const example = operations.get(id)!.examples.find((candidate) => candidate.name === name)!
    const now = new Date()
    return {
      headers: {
        'webhook-id': `evt_${id}`,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(`evt_${id}`, now, bodyOf(example).text!),
      },
    }
  }
  return {
    receiveUploadCallback: async (name) => signed('receiveUploadCallback', name),
    receiveUploadEvent: async (name) => signed('receiveUploadEvent', name),
    receiveDncChange: async (name) => signed('receiveDncChange', name),
  }
}

const ofEndpoints = (gateway: RunningGateway, { ended, endpointId }: Begun): Table => ({
  ...Object.fromEntries(
    [
      'getWebhookEndpoint',
      'changeWebhookEndpoint',
      'deleteWebhookEndpoint',
      'rotateWebhookSecret',
      'testWebhookEndpoint',
      'listWebhookDeliveries',
    ].map((id) => [id, async () => ({ params: { endpointId: await registered(gateway, id) } })]),
  ),
  replayWebhookDelivery: async () => {
    await ended
    const { body } = await gateway.client.call<{ items: { id: string }[] }>(
      `/v1/webhook-endpoints/${endpointId}/deliveries`,
    )
    return { params: { endpointId, deliveryId: body.items[0]!.id } }
  },
})

const ofSegments = ({ stage, gateway, calls }: Calling): Table => ({
  resumeSegment: async () => {
    stage.sandbox.setFaults([{ kind: 'status', operation: 'campaign-write', status: 403 }])
    const { body } = await calls.call('putSegment', 'typed', { key: 'to-be-refused' })
    await gateway.event('segment.held', ({ version }) => version === body['version'])
    stage.sandbox.setFaults([])
    return {}
  },
})
