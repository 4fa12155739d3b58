import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

import type { DncRules } from '../../domain/do-not-call/dnc-entry.ts'
import type { RowRules } from '../../intake/rows/contact-steps.ts'
import { createValidation, type Validation } from '../../intake/rows/validation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    validation: Validation
  }
}

/**
 * Builds the steps that check incoming data row by row and entry by entry, from the configuration
 * and the normalisation, and gives them to the routes as `validation`. What a capability needs is a
 * member of `Validation`. Jobs and property tests build the same with `createValidation`.
 */
export const validationPlugin = (rules: RowRules & Partial<DncRules>) =>
  fp(
    async (app: FastifyInstance) => {
      app.decorate('validation', createValidation(rules, app.normalisation))
    },
    { name: 'validation', dependencies: ['normalisation'] },
  )
