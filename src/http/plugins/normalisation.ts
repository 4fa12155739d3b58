import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

import { createNormalisations, type NormalisationFor } from '../../intake/rows/normalisation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    normalisation: NormalisationFor
  }
}

/**
 * Brings values into the form in which they are kept and go to Genesys: builds the steps of each
 * region (phones, emails, dates) and hands them to the routes as `normalisation`. They are the
 * steps of `intake`, so jobs and property tests have the same.
 */
export const normalisationPlugin = fp(
  async (app: FastifyInstance) => {
    app.decorate('normalisation', createNormalisations())
  },
  { name: 'normalisation' },
)
