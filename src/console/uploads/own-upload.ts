import { z } from 'zod'

import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'

export const uploadParams = z.strictObject({ uploadId: gatewayIdSchema })

type Asking = Pick<Visit<z.output<typeof uploadParams>>, 'deps' | 'caller' | 'params'>

const unknown = (): GatewayProblem => new GatewayProblem('not-found', ENGLISH.upload.unknown)

/** The upload, if it belongs to the viewer's tenant. Throws 404 if it does not. */
export const ownUpload = async ({
  deps,
  caller,
  params: { uploadId },
}: Asking): Promise<Upload> => {
  const upload = await deps.uploads.find(caller.tenantId, uploadId)
  if (upload === null) throw unknown()
  return upload
}

/**
 * The upload, if it belongs to the viewer's tenant or the viewer is an admin. Otherwise throws 404.
 */
export const seenUpload = async ({
  deps,
  caller,
  params: { uploadId },
}: Asking): Promise<Upload> => {
  const upload = await deps.seeUploads.find(caller, uploadId)
  if (upload === null) throw unknown()
  return upload
}

/**
 * The upload, if it belongs to the viewer's tenant and its contact list is still granted to this
 * tenant. Otherwise throws 404. For use cases that send rows.
 */
export const uploadOfGrantedList = async (asking: Asking): Promise<Upload> => {
  const upload = await ownUpload(asking)
  const { deps, caller } = asking
  if (await deps.access.isGranted(caller.tenantId, 'contact_list', upload.contactListId))
    return upload
  throw unknown()
}

/** The upload, if its rows are still stored. Throws `rows-gone` if they are not. */
export const uploadWithRows = async (asking: Asking): Promise<Upload> => {
  const upload = await ownUpload(asking)
  const staging = await asking.deps.uploads.staging(upload.tenantId, upload.id)
  if (staging?.rowsKept !== true) throw new GatewayProblem('rows-gone', ENGLISH.rows.gone)
  return upload
}
