import type { ProblemCode } from '../../domain/problems/problem.ts'

/** The codes with which each use case of webhook endpoints may refuse a call. */
export const CREATE_ENDPOINT_REFUSALS = [
  'webhook-url-refused',
  'webhook-endpoint-exists',
  'webhook-endpoints-too-many',
] as const satisfies readonly ProblemCode[]

export const FIND_ENDPOINT_REFUSALS = ['not-found'] as const satisfies readonly ProblemCode[]

export const CHANGE_ENDPOINT_REFUSALS = [
  'not-found',
  'precondition-failed',
  'webhook-endpoint-fixed',
  'webhook-url-refused',
] as const satisfies readonly ProblemCode[]

export const REMOVE_ENDPOINT_REFUSALS = [
  'not-found',
  'precondition-failed',
  'webhook-endpoint-fixed',
] as const satisfies readonly ProblemCode[]

export const ROTATE_SECRET_REFUSALS = [
  'not-found',
  'webhook-endpoint-fixed',
] as const satisfies readonly ProblemCode[]

export const TEST_ENDPOINT_REFUSALS = [
  'not-found',
  'webhook-endpoint-disabled',
] as const satisfies readonly ProblemCode[]

export const REPLAY_REFUSALS = [
  'not-found',
  'webhook-endpoint-disabled',
] as const satisfies readonly ProblemCode[]
