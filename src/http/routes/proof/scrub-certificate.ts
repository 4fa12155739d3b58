import { signedCertificateSchema } from '../../../domain/proof/scrub-certificate.ts'
import { CERTIFICATE_REFUSALS } from '../../../workflows/proof/refusals.ts'
import type { AddRoute } from '../../server/route.ts'
import { uploadParamsSchema } from '../../server/schemas.ts'
import { CERTIFICATE_EXAMPLES } from './proof-examples.ts'

/**
 * GET /v1/uploads/{uploadId}/scrub-certificate. Sends the text exactly as it was made, because
 * serialising it again could change its bytes.
 */
export const registerScrubCertificate = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/uploads/:uploadId/scrub-certificate',
    // With a HEAD route, a HEAD would read every chunk only to discard the result.
    exposeHeadRoute: false,
    access: { scope: 'uploads' },
    id: 'getScrubCertificate',
    tag: 'proof',
    summary:
      'Get a signed certificate about an upload. The certificate shows what the rows were checked against, and the result. Keep the bytes of the certificate unchanged, because they are signed. To verify the certificate offline, use npm run certificate:verify',
    params: uploadParamsSchema,
    answers: {
      200: {
        about: 'The certificate, as canonical JSON (RFC 8785)',
        schema: signedCertificateSchema,
        headers: ['Content-Disposition'],
      },
    },
    problems: [...CERTIFICATE_REFUSALS],
    examples: CERTIFICATE_EXAMPLES,
    handler: async ({ params, caller }, reply, { issueCertificate }) => {
      const text = await issueCertificate(caller!, params.uploadId)
      const name = `${params.uploadId}-scrub-certificate.json`
      return reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(text)
    },
  })
}
