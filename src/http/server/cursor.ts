import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refuse } from '../../domain/problems/refusing.ts'

/** A 400 for a cursor that cannot be read. */
export const cursorUnreadable = (refuse: Refuse<'parameter-invalid'>): GatewayProblem =>
  refuse('parameter-invalid', 'The cursor cannot be read.', { parameters: ['cursor'] })
