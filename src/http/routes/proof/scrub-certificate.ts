import { signedCertificateSchema } from '../../../domain/proof/scrub-certificate.ts'
import { CERTIFICATE_REFUSALS } from '../../../workflows/proof/refusals.ts'
import type { AddRoute } from '../../server/route.ts'
import { uploadParamsSchema } from '../../server/schemas.ts'
import { CERTIFICATE_EXAMPLES } from './proof-examples.ts'

/**
 * GET /v1/uploads/{uploadId}/scrub-certificate. Sends exactly the bytes that were signed, without
 * serialising them again.
 */
export const registerScrubCertificate = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/uploads/:uploadId/scrub-certificate',
    // A HEAD would read every chunk only to drop what it says.
    exposeHeadRoute: false,
    access: { scope: 'uploads' },
    id: 'getScrubCertificate',
    tag: 'proof',
    summary:
      'A signed certificate of what the rows were checked against, and of the result. Keep the bytes unchanged: npm run certificate:verify checks them offline',
    params: uploadParamsSchema,
    answers: {
      200: {
        about: 'The certificate, as RFC 8785 writes JSON',
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
