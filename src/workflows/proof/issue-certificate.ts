import type { Caller } from '../../domain/access/access.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import {
  CERTIFICATE_FORMAT,
  certificateText,
  codesOf,
  type ScrubCertificate,
  signedText,
} from '../../domain/proof/scrub-certificate.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { ScrubCheck, ScrubCheckStore } from '../ports/proof/scrub-checks.ts'
import type { Signer } from '../ports/signing/signing-keys.ts'
import type { UploadStore } from '../ports/uploads/uploads.ts'
import type { CERTIFICATE_REFUSALS } from './refusals.ts'

export type IssueCertificate = Refusing<
  (typeof CERTIFICATE_REFUSALS)[number],
  (caller: Pick<Caller, 'tenantId'>, uploadId: string) => Promise<string>
>

type Deps = {
  uploads: Pick<UploadStore, 'find'>
  checks: ScrubCheckStore
  signer: Signer
  /** The version of the table of dated rules that the gateway applies. */
  ruleTableVersion: string
}

const certificateOf = (
  { signer, ruleTableVersion }: Deps,
  upload: Upload,
  check: ScrubCheck,
): ScrubCertificate => ({
  format: CERTIFICATE_FORMAT,
  algorithm: 'Ed25519',
  keyId: signer.keyId,
  issuedAt: check.readAt,
  tenantId: upload.tenantId,
  upload: {
    ...{ id: upload.id, parentId: upload.parentId, contactListId: upload.contactListId },
    ...{ state: upload.state, fileSha256: upload.source.sha256, fileBytes: upload.source.bytes },
  },
  check: { startedAt: check.startedAt, endedAt: check.endedAt, lastTriedAt: check.lastTriedAt },
  ruleTable: { version: ruleTableVersion },
  ...{ lists: check.lists, registries: check.registries, countries: check.countries },
  counts: upload.counts,
  ...codesOf(upload.rejections, check.suppressed, check.results, upload.counts),
  audit: check.audit,
})

/**
 * Issues a signed certificate: in which lists and registries an upload's rows were looked up, and
 * with which results. Stores nothing: each call signs the facts known at that time.
 */
export const createIssueCertificate =
  (deps: Deps): IssueCertificate =>
  async ({ tenantId }, uploadId) => {
    const upload = await deps.uploads.find(tenantId, uploadId)
    if (upload === null) throw new GatewayProblem('not-found', 'There is no such upload.')
    const check = await deps.checks.read(uploadId)
    if (check.isOutstanding) {
      throw new GatewayProblem(
        'scrub-check-outstanding',
        'The rows of this upload have not been checked yet against the registries that its contact list needs.',
      )
    }
    const certificate = certificateOf(deps, upload, check)
    const { signature } = deps.signer.sign('scrub-certificate', certificateText(certificate))
    return signedText(certificate, signature)
  }
