import { CONTACT_ID_SHAPE } from './domain/contacts/contact-id.ts'

/**
 * Every variable that the gateway reads, in the order of `.env.example`. A test compares that file
 * with this table.
 */
export type ConfigVariable = {
  name: string
  group: string
  /** What applies when the variable is unset. null: nothing, the reason says what follows. */
  default: string | null
  reason: string
  secret?: true
}

const variable = (
  group: string,
  name: string,
  defaultValue: string | null,
  reason: string,
): ConfigVariable => ({ group, name, default: defaultValue, reason })

const secret = (group: string, name: string, reason: string): ConfigVariable => ({
  ...variable(group, name, null, reason),
  secret: true,
})

const service = 'Service'
const database = 'Database'
const genesys = 'Genesys'
const access = 'Access'
const sync = 'Notifying other systems'
const intake = 'Intake'
const segments = 'Segments'
const dnc = 'Do-not-call'
const guestFiles = 'Guest files'

export const CONFIG_VARIABLES: readonly ConfigVariable[] = [
  variable(service, 'HOST', '127.0.0.1', 'The address to listen on; 0.0.0.0 in a container.'),
  variable(service, 'PORT', '3000', '0 takes any free port.'),
  variable(
    service,
    'PUBLIC_URL',
    null,
    'Where others reach the gateway. Default: the address it listens on.',
  ),
  variable(service, 'LOG_LEVEL', 'info', 'debug, info, warn or error.'),
  variable(
    service,
    'TRUST_PROXY',
    null,
    'Addresses or CIDR ranges of the proxies in front, separated by commas. Never "true".',
  ),
  variable(
    database,
    'DATABASE_URL',
    null,
    'PostgreSQL 15 or newer, hosts separated by commas. Default: a database embedded in DATA_DIR.',
  ),
  variable(
    database,
    'DATA_DIR',
    './data',
    'Folder of the embedded database and of the keys that the gateway makes.',
  ),
  secret(
    database,
    'ENCRYPTION_KEYS',
    'id:base64 of 32 bytes[,older…]. Required with DATABASE_URL. Default without it: a key made in DATA_DIR.',
  ),
  secret(
    database,
    'SIGNING_KEYS',
    'id:base64 of 32 bytes[,older…]. Ed25519, signs the audit trail. Default: a key made and kept sealed in the database.',
  ),
  variable(
    database,
    'AUDIT_HEADS_FILE',
    null,
    'A file outside the database to which each signed head of the audit trail is appended. Default: heads go to the log only.',
  ),
  variable(
    genesys,
    'GENESYS_DIALECT',
    null,
    'guide or platform. Required with credentials. The sandbox starts in guide.',
  ),
  variable(
    genesys,
    'GENESYS_REGION',
    'us-east-1',
    'The AWS name or the domain of the Genesys Cloud region.',
  ),
  variable(
    genesys,
    'GENESYS_CLIENT_ID',
    null,
    'OAuth client with the grant type client credentials.',
  ),
  secret(genesys, 'GENESYS_CLIENT_SECRET', 'Its secret.'),
  variable(genesys, 'GENESYS_API_URL', null, 'Replaces the API host of the region.'),
  variable(
    genesys,
    'GENESYS_LOGIN_URL',
    null,
    'Replaces the login host of the region. In platform, set both URLs or neither.',
  ),
  variable(
    genesys,
    'GENESYS_SANDBOX',
    'false',
    'true: the built-in sandbox replaces Genesys, also with DATABASE_URL.',
  ),
  variable(
    genesys,
    'GENESYS_REQUESTS_PER_MINUTE',
    null,
    'Calls per minute over all instances. Default: 900 (guide), 300 (platform).',
  ),
  variable(
    genesys,
    'GENESYS_BATCH_ROWS',
    null,
    'Rows per request. Default and maximum: 2500 (guide), 1000 (platform).',
  ),
  variable(
    genesys,
    'GENESYS_FILE_THRESHOLD_ROWS',
    '50000',
    'guide: an upload with more accepted rows goes as files, unless it has the option delivery.',
  ),
  variable(
    genesys,
    'GENESYS_UPLOAD_HOSTS',
    null,
    'Hosts, separated by commas, to which files may go by pre-signed URLs, beside the API host. *. allows every host below. Default: *.amazonaws.com, in eusc-de-east-1 *.amazonaws.eu.',
  ),
  variable(
    genesys,
    'GENESYS_COMPLETION_POLL_SECONDS',
    '1',
    'Seconds after a batch until the gateway first reads its job.',
  ),
  variable(
    genesys,
    'GENESYS_INDEX_WAIT_SECONDS',
    '60',
    'guide: how long the index of a campaign may rebuild before its segment becomes index_pending.',
  ),
  variable(
    genesys,
    'GENESYS_MAX_CONCURRENT_DNC_WRITES',
    '5',
    'Requests with do-not-call entries that may be on their way at a time, over all instances.',
  ),
  secret(
    access,
    'ADMIN_API_KEY',
    'At least 32 characters. Required; with the sandbox the default is a key made in DATA_DIR/admin.key.',
  ),
  secret(access, 'METRICS_TOKEN', 'Allows a scraper that is not on loopback to read /metrics.'),
  variable(
    access,
    'KEY_REQUESTS_PER_MINUTE',
    '6000',
    'Calls per minute that one key may make at one instance.',
  ),
  secret(
    access,
    'WEBHOOK_SECRET',
    'whsec_… of at least 24 bytes[,older…]. Proves webhooks of Genesys. Without it the gateway polls for completions; the embedded sandbox makes one.',
  ),
  variable(
    sync,
    'CRM_SYNC_URL',
    null,
    'URL that receives the events of uploads, for the CRM (Standard Webhooks).',
  ),
  secret(sync, 'CRM_SYNC_SECRET', 'whsec_… of 24 to 64 bytes. Required with CRM_SYNC_URL.'),
  variable(
    sync,
    'DMS_SYNC_URL',
    null,
    'URL that receives the events of guest files, for the document system.',
  ),
  secret(sync, 'DMS_SYNC_SECRET', 'The same form as CRM_SYNC_SECRET. Required with DMS_SYNC_URL.'),
  variable(
    sync,
    'CDP_SYNC_URL',
    null,
    'URL that receives the events of segments, for the customer data platform.',
  ),
  secret(sync, 'CDP_SYNC_SECRET', 'The same form as CRM_SYNC_SECRET. Required with CDP_SYNC_URL.'),
  variable(
    sync,
    'COMPLIANCE_SYNC_URL',
    null,
    'URL that receives the events of do-not-call entries, for the compliance system.',
  ),
  secret(
    sync,
    'COMPLIANCE_SYNC_SECRET',
    'The same form as CRM_SYNC_SECRET. Required with COMPLIANCE_SYNC_URL.',
  ),
  variable(
    sync,
    'ALLOW_HTTP_HOSTS',
    null,
    'Hosts, separated by commas, for which plain http is allowed besides loopback. It applies to the URLs of the environment; with the embedded sandbox also to those of registered endpoints.',
  ),
  variable(
    intake,
    'DEFAULT_PHONE_REGION',
    'US',
    'Country whose rules apply to phone numbers without +.',
  ),
  variable(
    intake,
    'CONTACT_ID_PATTERN',
    CONTACT_ID_SHAPE,
    'Regular expression that a whole contact id must match.',
  ),
  variable(intake, 'MAX_UPLOAD_BYTES', '2147483648', 'Size limit of a file.'),
  variable(intake, 'MAX_UPLOAD_ROWS', '10000000', 'Row limit of a file.'),
  variable(
    dnc,
    'DNC_REASONS',
    null,
    "The CRM's own words for reasons: word=REGULATORY, =CUSTOMER_REQUEST or =UNSPECIFIED, separated by commas. Any other word is UNSPECIFIED.",
  ),
  variable(
    dnc,
    'DNC_ALLOWED_COUNTRIES',
    'US,CA,GB,DE,FR',
    'Entries with numbers of other countries suppress, but go to Genesys only after you release them.',
  ),
  variable(
    dnc,
    'DNC_PULL_HOURS',
    '24',
    'platform: how often the gateway exports each do-not-call list to import what was added inside Genesys. The first time is one period after the list is known. 0: only on request.',
  ),
  variable(
    dnc,
    'DNC_MAX_AGE_DAYS',
    null,
    'The maximum age in days of a registry edition when a contact is sent. It applies to registries without a maxAgeDays of their own. If the edition is older, the upload is held as dnc_stale. Default: the limit that the law of its country sets (docs/do-not-call.md), or 31 if no rule is known.',
  ),
  variable(
    dnc,
    'DNC_REQUIRED_REGISTRIES',
    null,
    'Pairs country=registry, separated by commas, for example US=ftc,GB=tps. Contacts of such a country are sent only if a tenant of the contact list uses that registry. Default: none.',
  ),
  variable(
    dnc,
    'CONSENT_REQUIRED_COUNTRIES',
    null,
    'Countries whose people must have agreed to be called: comma-separated, for example DE,FR. A row with a number of such a country is sent only if consentAt and consentSource say when and how. Default: none.',
  ),
  variable(
    segments,
    'SEGMENT_EXCLUSIONS',
    '[{"attribute":"do_not_call","operator":"=","value":"true"}]',
    'Comparisons (a JSON array) that are exclusions of every segment. No caller can remove them.',
  ),
  variable(
    segments,
    'SEGMENT_CONFIRM_SHARE',
    '50',
    'Percent. A segment that changes whom a campaign dials by more needs a confirmation.',
  ),
  variable(
    guestFiles,
    'CLAMD_SOCKET',
    null,
    'Socket of clamd, which scans guest files. If CLAMD_HOST is unset too, nothing scans them; answers and /readyz show that.',
  ),
  variable(guestFiles, 'CLAMD_HOST', null, 'Host of clamd, if it has no socket here.'),
  variable(guestFiles, 'CLAMD_PORT', '3310', 'Port of clamd at CLAMD_HOST.'),
  variable(
    guestFiles,
    'GUEST_FILE_MAX_CONCURRENT',
    '8',
    'Guest files that an instance works on at a time. Each is held in memory whole.',
  ),
  variable(
    guestFiles,
    'GUEST_FILE_MAX_BYTES',
    '10485760',
    'Size limit of a guest file. Genesys accepts at most 10485760.',
  ),
]
