import type { Upload } from '../domain/upload.ts'

/** The upload as callers see it (the resource of the API): no tenant, no lane, no schema version. Pure. */
export const renderUpload = (upload: Upload) => ({
  id: upload.id,
  contactListId: upload.contactListId,
  state: upload.state,
  hold: upload.hold,
  mode: upload.mode,
  duplicates: upload.duplicates,
  version: upload.version,
  delivery: upload.delivery,
  source: upload.source,
  columns: upload.columns,
  counts: upload.counts,
  rejections: upload.rejections,
  planDigest: upload.planDigest,
  createdAt: upload.createdAt,
  updatedAt: upload.updatedAt,
  completedAt: upload.completedAt,
  problem: upload.problem,
})
