import type { GatewayProblem, ProblemCode } from './problem.ts'

declare const REFUSES: unique symbol

/**
 * A function whose type names the codes of the problems (`GatewayProblem`) that it may throw. A
 * route can call it only if the route declares all of these codes. Otherwise the type of the
 * function becomes a text that names the missing codes, and calling it is a type error.
 */
export type Refusing<Code extends ProblemCode, F> = F & { readonly [REFUSES]?: Code }

type CodesOf<F> = typeof REFUSES extends keyof F ? NonNullable<F[typeof REFUSES]> : never

/**
 * The type `T` for code that declares only the problems `Code`. Such code cannot call the functions
 * of `T` that may refuse with other codes.
 */
export type CallableWith<Code extends ProblemCode, T> = typeof REFUSES extends keyof T
  ? [Exclude<CodesOf<T>, Code>] extends [never]
    ? T
    : `The route does not declare the problem ${Exclude<CodesOf<T> & string, Code>}`
  : T extends (...args: never) => unknown
    ? T
    : { [Name in keyof T]: CallableWith<Code, T[Name]> }

/** Makes a problem for the caller to throw. Accepts only codes that the caller declares. */
export type Refuse<Code extends ProblemCode> = (
  code: Code,
  detail: string,
  about?: Record<string, unknown>,
  retryAfterSeconds?: number,
) => GatewayProblem
