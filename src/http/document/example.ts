/**
 * A call and its answer, as the API document shows them. A test makes each call. The gateway's
 * answer must have the status and the type of `answer`. If the answer is JSON, its body must match
 * the schema of the answer. The exceptions are a few calls that the gateway of the test must
 * refuse.
 */
export type Example = {
  /** In camelCase, and unique within the operation. */
  name: string
  summary: string
  params?: Record<string, string>
  query?: Record<string, string>
  headers?: Record<string, string>
  /** JSON, or the text of a file whose type is `bodyType`. */
  body?: unknown
  /** Default: `application/json`. */
  bodyType?: string
  answer: {
    status: number
    /** Default: `application/json`. null: no body. */
    type?: string | null
    body?: unknown
  }
}
