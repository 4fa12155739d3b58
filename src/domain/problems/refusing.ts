import type { GatewayProblem, ProblemCode } from './problem.ts'

declare const REFUSES: unique symbol

/**
 * A function that may refuse a call with a `GatewayProblem` of one of these codes, which are part
 * of its type. A route can call it only if it declares all of them. Otherwise the function's type
 * is a sentence that names the missing codes, which nobody can call.
 */
export type Refusing<Code extends ProblemCode, F> = F & { readonly [REFUSES]?: Code }

type CodesOf<F> = typeof REFUSES extends keyof F ? NonNullable<F[typeof REFUSES]> : never

/**
 * `T` for a caller that declares only `Code`. A function that may refuse with other codes cannot be
 * called.
 */
export type CallableWith<Code extends ProblemCode, T> = typeof REFUSES extends keyof T
  ? [Exclude<CodesOf<T>, Code>] extends [never]
    ? T
    : `The route does not declare the problem ${Exclude<CodesOf<T> & string, Code>}`
  : T extends (...args: never) => unknown
    ? T
    : { [Name in keyof T]: CallableWith<Code, T[Name]> }

/** Makes a problem with a declared code, to be thrown. */
export type Refuse<Code extends ProblemCode> = (
  code: Code,
  detail: string,
  about?: Record<string, unknown>,
  retryAfterSeconds?: number,
) => GatewayProblem
