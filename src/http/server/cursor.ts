import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refuse } from '../../domain/problems/refusing.ts'

/** 400 for a cursor that no page gave. */
export const cursorUnreadable = (refuse: Refuse<'parameter-invalid'>): GatewayProblem =>
  refuse('parameter-invalid', 'The cursor cannot be read.', { parameters: ['cursor'] })
