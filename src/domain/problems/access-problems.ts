import { page, type ProblemPage } from './problem-page.ts'

/** What can be wrong with a call about tenants and keys. */
export const ACCESS_PROBLEMS = {
  'tenant-exists': page(
    409,
    'A tenant of this name exists',
    'Names of tenants are unique; `tenantId` names the tenant that has it.',
    'POST /v1/tenants twice with the same name and two keys of idempotency.',
    'Use the tenant that exists, or another name.',
  ),
  'quota-exceeded': page(
    429,
    'A quota of the tenant is used up',
    'The tenant has used one of its quotas over all instances and keys; `quota` names it (`rowsPerDay`, `openUploads` or `requestsPerMinute`), `limit` says how much it is. An upload with more rows than are left of the day is refused as a whole: nothing of it is kept.',
    'A nightly load of 600,000 rows where rowsPerDay is 500,000.',
    'Wait as long as Retry-After says: until the next minute or day of UTC begins, or uploads end. Ask an operator where the quota is too small for your work.',
  ),
  'tenant-fixed': page(
    409,
    'The tenant default is granted everything',
    'The tenant `default` belongs to the admin key of the environment. Every start grants it everything, so its name and grants cannot be changed.',
    'PATCH /v1/tenants/default with other grants.',
    'Make a tenant with the grants that you want, and give its keys to your callers.',
  ),
  'key-fixed': page(
    409,
    'The key comes from the environment',
    'The admin key is the setting ADMIN_API_KEY or the file `admin.key`; calls cannot rotate or revoke it.',
    'DELETE /v1/keys/{id} of the admin key.',
    'Set another ADMIN_API_KEY and start the gateway again: the former one ends then.',
  ),
  'key-expiry-past': page(
    422,
    'The expiry of the key is in the past',
    '`expiresAt` is not in the future, by the clock of the database.',
    'POST /v1/keys with an `expiresAt` of yesterday.',
    'Send a time in the future, or leave `expiresAt` out: then the key has no end.',
  ),
  'key-ended': page(
    409,
    'The key has ended',
    'The key is revoked or expired, or it was rotated already; `replacedBy` names the key in its place.',
    'POST …/rotate for a key that was revoked.',
    'Rotate the key that replaced it, or make a new one.',
  ),
} as const satisfies Record<string, ProblemPage>
