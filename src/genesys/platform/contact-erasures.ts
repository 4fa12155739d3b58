import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { ContactErasurePort } from '../../workflows/ports/erasures/erasures.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'

const isGone = (error: unknown): boolean =>
  error instanceof GenesysFailure && error.kind === 'not_found'

/**
 * Deletes a contact with `DELETE …/contacts/{contactId}`, then reads it to check that it is gone.
 * Genesys may keep a contact that a campaign uses, and its answer to the deletion does not show
 * this (SDK 262, comment of the deletion by ids).
 */
export const createPlatformErasures = (deps: { call: Caller }): ContactErasurePort => ({
  erase: async ({ contactListId, contactId }, context) => {
    const path = `/api/v2/outbound/contactlists/${pathSegment(contactListId)}/contacts/${pathSegment(contactId)}`
    await deps.call(
      {
        ...{ operation: 'delete-contact', method: 'DELETE', path, schema: z.unknown() },
        right: 'outbound:contact:delete',
      },
      context,
    )
    try {
      await deps.call(
        {
          ...{ operation: 'read-contact', method: 'GET', path, schema: z.unknown() },
          right: 'outbound:contact:view',
        },
        context,
      )
      return 'still-there'
    } catch (error) {
      if (isGone(error)) return 'deleted'
      throw error
    }
  },
})
