import type { ProblemCode } from '../../domain/problems/problem.ts'

/** The codes with which each use case of tenants and keys may refuse a call. */
export const CREATE_TENANT_REFUSALS = [
  'tenant-exists',
  'registry-unknown',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
] as const satisfies readonly ProblemCode[]

export const CHANGE_TENANT_REFUSALS = [
  'not-found',
  'tenant-exists',
  'tenant-fixed',
  'registry-unknown',
  'precondition-failed',
] as const satisfies readonly ProblemCode[]

export const FIND_ACCESS_REFUSALS = ['not-found'] as const satisfies readonly ProblemCode[]

export const CREATE_KEY_REFUSALS = [
  'not-found',
  'key-expiry-past',
] as const satisfies readonly ProblemCode[]

export const ROTATE_KEY_REFUSALS = [
  'not-found',
  'key-fixed',
  'key-ended',
] as const satisfies readonly ProblemCode[]

export const REVOKE_KEY_REFUSALS = [
  'not-found',
  'key-fixed',
] as const satisfies readonly ProblemCode[]
