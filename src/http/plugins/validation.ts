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
 * Gives the routes `validation`: the steps that check each incoming row and entry. They follow the
 * configuration and use the steps of `normalisation`. A capability with other checks adds a member
 * to `Validation`. Jobs and property tests make the same steps with `createValidation`.
 */
export const validationPlugin = (rules: RowRules & Partial<DncRules>) =>
  fp(
    async (app: FastifyInstance) => {
      app.decorate('validation', createValidation(rules, app.normalisation))
    },
    { name: 'validation', dependencies: ['normalisation'] },
  )
