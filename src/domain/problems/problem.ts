import { ACCESS_PROBLEMS } from './access-problems.ts'
import { CALL_PROBLEMS } from './call-problems.ts'
import { CONTACT_PROBLEMS } from './contact-problems.ts'
import { CONTROL_PROBLEMS } from './control-problems.ts'
import { DNC_PROBLEMS } from './dnc-problems.ts'
import { ENDPOINT_PROBLEMS } from './endpoint-problems.ts'
import { ERASURE_PROBLEMS } from './erasure-problems.ts'
import { FILE_PROBLEMS } from './file-problems.ts'
import { GUEST_FILE_PROBLEMS } from './guest-file-problems.ts'
import type { ProblemPage } from './problem-page.ts'
import { PROOF_PROBLEMS } from './proof-problems.ts'
import { REGISTRY_PROBLEMS } from './registry-problems.ts'
import { SEGMENT_PROBLEMS } from './segment-problems.ts'
import { UPLOAD_PROBLEMS } from './upload-problems.ts'
import { WEBHOOK_RECEIPT_PROBLEMS } from './webhook-receipt-problems.ts'

/**
 * The problems of calls and uploads. Each has a code, an HTTP status, and the texts of its page at
 * `/problems/{code}`. Callers rely on the codes, so no code may change. The codes of rows are in
 * `rejection.ts`.
 */
export const PROBLEMS = {
  ...ACCESS_PROBLEMS,
  ...CALL_PROBLEMS,
  ...CONTACT_PROBLEMS,
  ...CONTROL_PROBLEMS,
  ...DNC_PROBLEMS,
  ...ENDPOINT_PROBLEMS,
  ...ERASURE_PROBLEMS,
  ...FILE_PROBLEMS,
  ...GUEST_FILE_PROBLEMS,
  ...PROOF_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...SEGMENT_PROBLEMS,
  ...UPLOAD_PROBLEMS,
  ...WEBHOOK_RECEIPT_PROBLEMS,
} as const satisfies Record<string, ProblemPage>

export type ProblemCode = keyof typeof PROBLEMS

/** Thrown if a call cannot be served. The HTTP layer turns it into problem+json. */
export class GatewayProblem extends Error {
  override readonly name = 'GatewayProblem'
  readonly code: ProblemCode
  /** Additional members of the problem document. They must not contain personal data. */
  readonly about: Record<string, unknown>
  readonly retryAfterSeconds: number | null
  constructor(
    code: ProblemCode,
    detail: string,
    about: Record<string, unknown> = {},
    retryAfterSeconds: number | null = null,
  ) {
    super(detail)
    this.code = code
    this.about = about
    this.retryAfterSeconds = retryAfterSeconds
  }
}
