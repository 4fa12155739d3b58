import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import type { SandboxState } from './endpoint.ts'
import { Refusal } from './refusal.ts'

const contactSchema = z.strictObject({ id: z.string().min(1) })

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
}
