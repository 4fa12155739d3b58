import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { ControlUpload } from '../../contract.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'
import { tellFinished } from '../receive/staging.ts'
import { auditOfControl } from './control-audit.ts'

/**
 * Cancels, pauses or resumes an upload at a caller's request: 404 when unknown, 409 when its state
 * does not allow it, 412 when it is not the one that the caller expects.
 */
export const createControlUpload =
  (deps: {
    uploads: Pick<UploadStore, 'control'>
    ids: Ids
    emit: Emit
    wake: () => void
  }): ControlUpload =>
  async ({ caller, uploadId, action, expects }) => {
    const result = await deps.uploads.control({
      tenantId: caller.tenantId,
      uploadId,
      action,
      ...(expects ? { expects } : {}),
      audit: auditOfControl(deps.ids, caller, uploadId, action),
    })
    if (result === null) throw new GatewayProblem('not-found', 'The upload does not exist.')
    if (result.kind === 'changed') {
      const detail = 'The upload was changed since the version in If-Match.'
      throw new GatewayProblem('precondition-failed', detail)
    }
    if (result.kind === 'refused') {
      const detail = `An upload that is ${result.state} does not accept ${action} now.`
      throw new GatewayProblem('state-conflict', detail, { state: result.state, action })
    }
    if (result.unsettled !== null) tellFinished(deps, result.upload, result.unsettled)
    deps.wake()
    return result.upload
  }
