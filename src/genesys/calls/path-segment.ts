import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'

/**
 * An id as one part of a path at Genesys. One that is outside the grammar of ids, from before there
 * was one, names nothing there: it is thrown as `not_found` and never sent, for `.` and `..` would
 * climb to another call.
 */
export const pathSegment = (id: string): string => {
  if (!genesysIdSchema.safeParse(id).success)
    throw new GenesysFailure('not_found', 'name-an-object')
  return encodeURIComponent(id)
}
