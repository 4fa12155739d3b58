import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { renderUpload } from '../../../src/http/routes/uploads/upload-view.ts'
import type { SmallUpload } from '../../../src/workflows/ports/uploads/small-uploads.ts'
import { chunkOf, ids, newUpload, SOURCE, stageInput } from '../stages/store-uploads.ts'

const AT = new Date('2026-03-04T05:06:07.089Z')

/**
 * A small upload that is ready to be staged. Default: to `list-1`, with a new key, and with a file
 * that no other upload has.
 */
export const smallUpload = (
  about: {
    list?: string
    key?: string
    sha256?: string
    accepted?: string[]
    rejected?: number
  } = {},
): SmallUpload => {
  const { list = 'list-1', key = ids.newUuid(), accepted = ['a', 'b'], rejected = 0 } = about
  const id = ids.newId('upl')
  const chunk = chunkOf(0, 2, accepted, rejected)
  const source = { ...SOURCE, sha256: about.sha256 ?? id }
  const answer = (upload: Upload) => ({ status: 202, body: JSON.stringify(renderUpload(upload)) })
  return {
    begun: newUpload(id, list, source),
    staging: { ...stageInput(id, chunk, key), source, answer },
    chunk,
    at: AT,
  }
}
