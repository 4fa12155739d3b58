import type { z } from 'zod'

import type { GuestFile, SeenGuestFileState } from '../../../domain/guest-files/guest-file.ts'
import type { guestFileSchema } from './guest-file-schemas.ts'

/**
 * The members that state for whom the file is. `mediaId` is the file's id in Genesys, if the file
 * is for a conversation.
 */
const targetMembers = ({ target, genesys }: GuestFile) =>
  target.kind === 'conversation'
    ? {
        externalContactId: null,
        conversationId: target.conversationId,
        communicationId: target.communicationId,
        mediaId: genesys.fileId,
      }
    : {
        externalContactId: target.externalContactId,
        conversationId: null,
        communicationId: null,
        mediaId: null,
      }

/** A guest file as callers see it. The pre-signed URL is never shown. */
export const renderGuestFile = (file: GuestFile): z.output<typeof guestFileSchema> => ({
  id: file.id,
  ...targetMembers(file),
  // The store does not return a file that is still being received.
  state: file.state as SeenGuestFileState,
  hold: file.hold,
  fileName: file.fileName,
  contentType: file.contentType,
  sizeBytes: file.sizeBytes,
  sha256: file.sha256,
  md5: file.md5,
  scan: file.scan,
  genesys: file.genesys,
  latencyMs: file.latencyMs,
  createdAt: file.createdAt,
  storedAt: file.storedAt,
  problem: file.problem,
  version: file.version,
})
