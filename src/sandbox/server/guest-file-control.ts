import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import type { SandboxState } from './endpoint.ts'
import { Refusal } from './refusal.ts'

const id = z.string().min(1)
const contactSchema = z.strictObject({ id })
const conversationSchema = z.strictObject({ id, communicationId: id })

/** The sandbox's own calls about guest files, under `/_sandbox`. */
export const registerGuestFileControl = (app: FastifyInstance, state: SandboxState): void => {
  app.get('/_sandbox/guest-files', () => ({ files: state.guestFiles.report() }))
  app.post('/_sandbox/external-contacts', (request, reply) => {
    const parsed = contactSchema.safeParse(request.body)
    if (!parsed.success) {
      throw new Refusal(400, 'sandbox.request.invalid', 'Send {"id": "…"}.')
    }
    state.guestFiles.contacts.add(parsed.data.id)
    return reply.code(201).send(parsed.data)
  })
  app.get('/_sandbox/message-media', () => ({ media: state.messageMedia.report() }))
  app.post('/_sandbox/conversations', (request, reply) => {
    const parsed = conversationSchema.safeParse(request.body)
    if (!parsed.success) {
      const message = 'Send {"id": "…", "communicationId": "…"}.'
      throw new Refusal(400, 'sandbox.request.invalid', message)
    }
    state.messageMedia.addConversation(parsed.data.id, parsed.data.communicationId)
    return reply.code(201).send(parsed.data)
  })
}
