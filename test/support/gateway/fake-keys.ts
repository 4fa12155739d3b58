import type { ApiKey } from '../../../src/domain/access/access.ts'

export const KEYS = {
  uploads: 'uploads-key-0123456789012345678901',
  lists: 'lists-key-012345678901234567890123',
  dnc: 'dnc-key-01234567890123456789012345',
  webhooks: 'webhooks-key-012345678901234567890',
  admin: 'admin-key-012345678901234567890123',
  expired: 'expired-key-0123456789012345678901',
  revoked: 'revoked-key-0123456789012345678901',
  foreign: 'foreign-key-0123456789012345678901',
}

const key = (scopes: ApiKey['scopes'], more: Partial<ApiKey> = {}): ApiKey => ({
  id: 'key_1',
  tenantId: 'default',
  scopes,
  expiresAt: null,
  revokedAt: null,
  ...more,
})

export const API_KEYS: Record<keyof typeof KEYS, ApiKey> = {
  uploads: key(['uploads']),
  lists: key(['lists']),
  dnc: key(['dnc']),
  webhooks: key(['webhooks']),
  admin: key(['admin']),
  expired: key(['admin'], { expiresAt: new Date(0) }),
  revoked: key(['admin'], { revokedAt: new Date(0) }),
  foreign: key(['admin'], { tenantId: 'other' }),
}

export const bearer = (name: keyof typeof KEYS) => ({ authorization: `Bearer ${KEYS[name]}` })
