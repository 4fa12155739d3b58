import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'

/**
 * An id as one segment of a path. Throws `not_found` if the id does not have the form of Genesys'
 * ids. (An earlier version may have stored such an id.) Genesys has no object with such an id. The
 * gateway must never send it, because `.` and `..` would lead to another call.
 */
export const pathSegment = (id: string): string => {
  if (!genesysIdSchema.safeParse(id).success)
    throw new GenesysFailure('not_found', 'name-an-object')
  return encodeURIComponent(id)
}
