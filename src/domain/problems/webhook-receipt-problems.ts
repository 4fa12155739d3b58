import { page, type ProblemPage } from './problem-page.ts'

/** Problems of the calls that Genesys makes to the gateway (webhooks). */
export const WEBHOOK_RECEIPT_PROBLEMS = {
  'webhook-proof-invalid': page(
    401,
    'The sender of the webhook is not verified',
    'The call has neither a valid `token` in its URL nor a valid signature made with WEBHOOK_SECRET. A token is valid only for the URL for which the gateway made it. The time in webhook-timestamp may differ from the gateway’s clock by at most five minutes. If the URL has a token, the gateway checks only the token. The token in a callback URL expires 24 hours after the end of its upload.',
    'POST /webhook/genesys-upload?token=guessed',
    'Call exactly the URL that the gateway gave to Genesys, or sign the body as Standard Webhooks defines (webhook-id, webhook-timestamp, webhook-signature).',
  ),
  'webhook-malformed': page(
    400,
    'The webhook cannot be read',
    'The sender is verified, but the body is not JSON, or does not have the form that this address accepts.',
    '{"status":"done"} without `uploadId`',
    'Send the body that the API document shows for this address.',
  ),
  'webhook-too-large': page(
    413,
    'The webhook is too large',
    'The body has more than 65,536 bytes. When Genesys reports the end of an upload, the body has a few hundred bytes.',
    'A body with contacts is posted to /webhook/genesys-upload.',
    'Send only the members that the API document shows for this address: ids, a status and counts, but no rows. If no webhook arrives, the gateway asks Genesys by itself.',
  ),
} as const satisfies Record<string, ProblemPage>
