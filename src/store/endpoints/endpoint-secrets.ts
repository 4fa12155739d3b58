import type { Keyring } from '../homes/keyring.ts'
import { secretContext } from './endpoint-row.ts'

/**
 * The sealed secrets of an endpoint: the present one, and during an overlap also the previous one.
 */
export type SecretRow = {
  tenant_id: string
  name: string
  secret: Buffer
  secret_key_id: string
  previous_secret: Buffer | null
  previous_secret_key_id: string | null
}

/** The columns of a `SecretRow`, from `sync_endpoint`. */
export const SECRET_COLUMNS = `tenant_id, name, secret, secret_key_id,
  case when previous_secret_until > clock_timestamp() then previous_secret end as previous_secret, previous_secret_key_id`

/** The secrets with which messages are signed now, the present one first. */
export const openedSecrets = (keyring: Keyring, row: SecretRow): string[] => {
  const context = secretContext(row.tenant_id, row.name)
  const open = (keyId: string, sealed: Buffer): string =>
    keyring.open(context, keyId, sealed).toString()
  const previous =
    row.previous_secret && row.previous_secret_key_id
      ? [open(row.previous_secret_key_id, row.previous_secret)]
      : []
  return [open(row.secret_key_id, row.secret), ...previous]
}
