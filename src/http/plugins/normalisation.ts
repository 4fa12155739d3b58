import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

import { createNormalisations, type NormalisationFor } from '../../intake/rows/normalisation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    normalisation: NormalisationFor
  }
}

/**
 * Gives the routes `normalisation`: for each region, the steps that bring phones, emails and dates
 * into the form that is stored and sent to Genesys. The steps come from `intake`, so jobs and
 * property tests use the same steps.
 */
export const normalisationPlugin = fp(
  async (app: FastifyInstance) => {
    app.decorate('normalisation', createNormalisations())
  },
  { name: 'normalisation' },
)
