import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

import { createNormalisations, type NormalisationFor } from '../../intake/rows/normalisation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    normalisation: NormalisationFor
  }
}

/**
 * Normalises values into the form that is stored and sent to Genesys: builds the steps of each
 * region (phones, emails, dates) and gives them to the routes as `normalisation`. They are the
 * steps of `intake`, so jobs and property tests use the same.
 */
export const normalisationPlugin = fp(
  async (app: FastifyInstance) => {
    app.decorate('normalisation', createNormalisations())
  },
  { name: 'normalisation' },
)
