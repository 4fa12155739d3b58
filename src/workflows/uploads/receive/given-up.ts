import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'

/**
 * What the caller is told where the work was given up meanwhile (`StagingLost`); any other error as
 * it is.
 */
export const lostAs = (error: unknown, detail: string): unknown =>
  error instanceof StagingLost ? new GatewayProblem('database-unavailable', detail, {}, 1) : error
