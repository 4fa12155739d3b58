import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls about tenants and keys. */
export const ACCESS_PROBLEMS = {
  'tenant-exists': page(
    409,
    'A tenant with this name exists',
    'The names of tenants are unique. `tenantId` is the id of the tenant that has this name.',
    'POST /v1/tenants twice with the same name and two different Idempotency-Keys.',
    'Use the existing tenant, or choose another name.',
  ),
  'quota-exceeded': page(
    429,
    'A quota of the tenant is used up',
    'One quota of the tenant is used up. A quota counts the use by all keys of the tenant, over all instances. `quota` names the quota (`rowsPerDay`, `openUploads` or `requestsPerMinute`), and `limit` is the limit of this quota. If an upload has more rows than `rowsPerDay` still allows on this day, the gateway refuses the whole upload and keeps nothing of the file.',
    'A nightly upload of 600,000 rows when rowsPerDay is 500,000.',
    'Wait for the number of seconds in Retry-After. `requestsPerMinute` is available again when the next UTC minute begins, `rowsPerDay` when the next UTC day begins, and `openUploads` when an upload ends. If the quota is too small for your work, ask an operator for a larger quota.',
  ),
  'tenant-fixed': page(
    409,
    'The tenant “default” always has every grant',
    'The tenant `default` belongs to the admin key of the environment. At every start, the gateway grants this tenant everything. You cannot change the name or the grants of this tenant.',
    'PATCH /v1/tenants/default with other grants.',
    'Make a tenant with the grants that you need, and give its keys to your callers.',
  ),
  'key-fixed': page(
    409,
    'The key comes from the environment',
    'The admin key comes from the setting ADMIN_API_KEY or the file `admin.key`. You cannot rotate or revoke this key with a call.',
    'DELETE /v1/keys/{id} of the admin key.',
    'Set a new ADMIN_API_KEY and restart the gateway. The old key then stops working.',
  ),
  'key-expiry-past': page(
    422,
    'The expiry of the key is in the past',
    '`expiresAt` is not in the future, by the clock of the database.',
    'POST /v1/keys with an `expiresAt` of yesterday.',
    'Send a time in the future, or leave `expiresAt` out for a key that does not expire.',
  ),
  'key-ended': page(
    409,
    'The key has ended',
    'The key is revoked, has expired or was already rotated. If it was rotated, `replacedBy` is the id of the new key. Otherwise, `replacedBy` is null.',
    'POST …/rotate for a key that was revoked.',
    'If `replacedBy` names a key, rotate that key. Otherwise, make a new key.',
  ),
} as const satisfies Record<string, ProblemPage>
