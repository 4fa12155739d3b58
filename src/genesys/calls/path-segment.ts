import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'

/**
 * An id as one part of a path at Genesys. An id outside the grammar of ids (from an earlier
 * version) names nothing there. It is thrown as `not_found` and never sent, because `.` and `..`
 * would lead to another call.
 */
export const pathSegment = (id: string): string => {
  if (!genesysIdSchema.safeParse(id).success)
    throw new GenesysFailure('not_found', 'name-an-object')
  return encodeURIComponent(id)
}
