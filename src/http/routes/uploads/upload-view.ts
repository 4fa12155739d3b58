import { uploadWarnings } from '../../../domain/uploads/upload-warnings.ts'
import type { Upload, UploadColumn, UploadSource } from '../../../domain/uploads/upload.ts'

/** Member by member: jsonb gives them back in an order of its own. */
const renderSource = (source: UploadSource) => ({
  fileName: source.fileName,
  format: source.format,
  encoding: source.encoding,
  encodingFrom: source.encodingFrom ?? 'content',
  compression: source.compression ?? null,
  delimiter: source.delimiter,
  bytes: source.bytes,
  sha256: source.sha256,
})

const renderColumn = ({ name, kind, mappedTo, by, confidence }: UploadColumn) => ({
  name,
  kind,
  mappedTo,
  by: by ?? null,
  confidence: confidence ?? null,
})

const renderDelivery = ({ method, batches, duplicateCheckField }: Upload['delivery']) => ({
  method,
  batches,
  duplicateCheckField,
})

/** The upload as callers see it (the resource of the API): no tenant, no lane, no schema version. Pure. */
export const renderUpload = (upload: Upload) => ({
  id: upload.id,
  parentId: upload.parentId,
  children: upload.childIds,
  contactListId: upload.contactListId,
  state: upload.state,
  hold: upload.hold,
  mode: upload.mode,
  duplicates: upload.duplicates,
  version: upload.version,
  delivery: renderDelivery(upload.delivery),
  source: renderSource(upload.source),
  columns: upload.columns.map(renderColumn),
  counts: upload.counts,
  rejections: upload.rejections,
  warnings: uploadWarnings(upload),
  planDigest: upload.planDigest,
  plan: upload.plan,
  notBefore: upload.notBefore,
  createdAt: upload.createdAt,
  updatedAt: upload.updatedAt,
  completedAt: upload.completedAt,
  progress: upload.progress,
  problem: upload.problem,
  reconciliation: upload.reconciliation,
})
