import { showRecord } from '../../../domain/uploads/shown-fields.ts'
import { uploadWarnings } from '../../../domain/uploads/upload-warnings.ts'
import { type Upload, UPLOAD_FIELDS } from '../../../domain/uploads/upload.ts'

/**
 * The upload as callers see it (the resource of the API): no tenant, no lane, no schema version.
 * Pure.
 */
export const renderUpload = (upload: Upload) => ({
  ...showRecord(UPLOAD_FIELDS, upload),
  warnings: uploadWarnings(upload),
})
