import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { RightLost } from '../../ports/access/access.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'

const REFUSED = {
  key: () =>
    new GatewayProblem(
      'unauthorized',
      'The API key was revoked or has expired while the body arrived.',
    ),
  grant: () => new GatewayProblem('not-found', 'It does not exist, or your tenant may not use it.'),
} as const

/**
 * If the error is `StagingLost` (the stored data is gone) or `RightLost`, returns the problem that
 * the caller gets. Returns any other error unchanged.
 */
export const lostAs = (error: unknown, detail: string): unknown => {
  if (error instanceof RightLost) return REFUSED[error.lost]()
  return error instanceof StagingLost
    ? new GatewayProblem('database-unavailable', detail, {}, 1)
    : error
}
