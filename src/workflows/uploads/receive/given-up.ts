import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'

/**
 * The problem for the caller if the work was given up meanwhile (`StagingLost`); any other error
 * unchanged.
 */
export const lostAs = (error: unknown, detail: string): unknown =>
  error instanceof StagingLost ? new GatewayProblem('database-unavailable', detail, {}, 1) : error
