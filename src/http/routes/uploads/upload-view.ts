import { showRecord } from '../../../domain/uploads/shown-fields.ts'
import { uploadWarnings } from '../../../domain/uploads/upload-warnings.ts'
import { type Upload, UPLOAD_FIELDS } from '../../../domain/uploads/upload.ts'

/** The upload as callers see it: its shown fields and its warnings. Pure. */
export const renderUpload = (upload: Upload) => ({
  ...showRecord(UPLOAD_FIELDS, upload),
  warnings: uploadWarnings(upload),
})
