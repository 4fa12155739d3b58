/** A call and its answer, as the document shows them. A test makes the call. */
export type Example = {
  /** In camelCase; unique within its operation. */
  name: string
  summary: string
  params?: Record<string, string>
  query?: Record<string, string>
  headers?: Record<string, string>
  /** JSON, or a file as text with its media type. */
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
