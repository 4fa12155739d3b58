import type { Caller } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import type { GuestFile } from '../../domain/guest-files/guest-file.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { GuestFileStore } from '../ports/guest-files/guest-files.ts'
import type { CANCEL_FILE_REFUSALS } from './refusals.ts'

export type CancelGuestFile = Refusing<
  (typeof CANCEL_FILE_REFUSALS)[number],
  (caller: Caller, guestFileId: string) => Promise<GuestFile>
>

const CODE = 'guest-file-cancelled'

/** What is known about the file in Genesys at the moment of the cancellation. */
const detailOf = ({ progress }: GuestFile): string =>
  progress.confirmAskedAt === null
    ? 'The file was cancelled before the gateway had sent it completely. Genesys does not show the file.'
    : 'The file was cancelled after the gateway had sent it, but before the gateway knew whether Genesys accepted it. Check in Genesys or in the conversation whether the file is there.'

/**
 * Ends a file of the caller's tenant that Genesys has not confirmed, and deletes its bytes. A
 * worker that has the file loses it, and sends no confirmation afterwards. Throws `not-found`, and
 * `guest-file-ended` if the file has ended already.
 */
export const createCancelGuestFile =
  (deps: { files: Pick<GuestFileStore, 'cancel'>; ids: Ids; emit: Emit }): CancelGuestFile =>
  async (caller, guestFileId) => {
    const { tenantId } = caller
    const result = await deps.files.cancel(tenantId, guestFileId, (file) => ({
      problem: { code: CODE, detail: detailOf(file) },
      audit: createAuditEntry(deps.ids, byCaller(caller), {
        action: 'guest_file.ended',
        details: { state: 'failed', code: CODE },
        object: guestFileId,
        digest: file.sha256,
      }),
    }))
    if (result === null) throw new GatewayProblem('not-found', 'The guest file does not exist.')
    if (result.kind === 'ended') {
      const detail = `The file is ${result.state}, so there is nothing to cancel.`
      throw new GatewayProblem('guest-file-ended', detail, { state: result.state })
    }
    const { state, latencyMs } = result.file
    deps.emit('guest_file.ended', { guestFileId, tenantId, state, code: CODE, latencyMs })
    return result.file
  }
