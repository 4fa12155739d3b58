import { GatewayProblem } from '../domain/problem.ts'
import type { Ids } from '../lib/ids.ts'
import type { ControlUpload } from './contract.ts'
import type { UploadStore } from './ports/uploads.ts'

/** Cancels, pauses or resumes an upload by a caller's word: 404 when unknown, 409 when its state does not allow it. */
export const createControlUpload =
  (deps: { uploads: Pick<UploadStore, 'control'>; ids: Ids; wake: () => void }): ControlUpload =>
  async ({ caller, uploadId, action }) => {
    const result = await deps.uploads.control({
      tenantId: caller.tenantId,
      uploadId,
      action,
      audit: {
        id: deps.ids.newId('aud'),
        tenantId: caller.tenantId,
        actor: caller.keyId,
        action: 'upload.controlled',
        object: uploadId,
        requestId: caller.requestId,
        attempt: 1,
        latencyMs: null,
        outcome: 'ok',
        counts: {},
        digest: null,
      },
    })
    if (result === null) throw new GatewayProblem('not-found', 'There is no such upload.')
    if (result.kind === 'refused') {
      const detail = `An upload that is ${result.state} does not take ${action}.`
      throw new GatewayProblem('state-conflict', detail, { state: result.state, action })
    }
    deps.wake()
    return result.upload
  }
