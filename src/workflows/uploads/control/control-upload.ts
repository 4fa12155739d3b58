import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { ControlUpload } from '../../contract.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'
import { tellFinished } from '../receive/staging.ts'
import { auditOfControl } from './control-audit.ts'

/**
 * Cancels, pauses or resumes an upload for a caller. Throws 404 if the upload does not exist, 409
 * if its state does not allow the action, and 412 if its version is not the one that the caller
 * expects.
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
      const detail = 'The upload has changed since the version in If-Match.'
      throw new GatewayProblem('precondition-failed', detail)
    }
    if (result.kind === 'refused') {
      const detail = `The upload is ${result.state}, and does not accept ${action} in this state.`
      throw new GatewayProblem('state-conflict', detail, { state: result.state, action })
    }
    if (result.unsettled !== null) tellFinished(deps, result.upload, result.unsettled)
    deps.wake()
    return result.upload
  }
