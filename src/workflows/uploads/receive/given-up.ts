import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'

/**
 * If the error is `StagingLost` (the stored data is gone), returns the problem that the caller
 * gets. Returns any other error unchanged.
 */
export const lostAs = (error: unknown, detail: string): unknown =>
  error instanceof StagingLost ? new GatewayProblem('database-unavailable', detail, {}, 1) : error
