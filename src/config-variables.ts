import { CONTACT_ID_SHAPE } from './domain/contacts/contact-id.ts'

/** Every variable that the gateway reads, in the order of `.env.example`; that file is held to this table by a test. */
export type ConfigVariable = {
  name: string
  group: string
  /** What applies when the variable is unset; null = nothing, the reason says what follows. */
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
const sync = 'Telling others'
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
    'How others reach the gateway; unset: the address it listens on.',
  ),
  variable(service, 'LOG_LEVEL', 'info', 'debug, info, warn or error.'),
  variable(
    service,
    'TRUST_PROXY',
    null,
    'Addresses or CIDR ranges of the proxies in front, comma-separated; never "true".',
  ),
  variable(
    database,
    'DATABASE_URL',
    null,
    'PostgreSQL 15 or newer, hosts separated by commas; unset: embedded in DATA_DIR.',
  ),
  variable(
    database,
    'DATA_DIR',
    './data',
    'Where the embedded database and the keys made here live.',
  ),
  secret(
    database,
    'ENCRYPTION_KEYS',
    'id:base64 of 32 bytes[,older…]; required with DATABASE_URL, else one is made in DATA_DIR.',
  ),
  secret(
    database,
    'SIGNING_KEYS',
    'id:base64 of 32 bytes[,older…]; Ed25519, signs the audit trail. Unset: one is made and kept sealed in the database.',
  ),
  variable(
    genesys,
    'GENESYS_DIALECT',
    null,
    'guide or platform; required with credentials. The sandbox starts in guide.',
  ),
  variable(
    genesys,
    'GENESYS_REGION',
    'us-east-1',
    'The AWS name or the domain of the Genesys Cloud region.',
  ),
  variable(genesys, 'GENESYS_CLIENT_ID', null, 'OAuth client of the grant client credentials.'),
  secret(genesys, 'GENESYS_CLIENT_SECRET', 'Its secret.'),
  variable(genesys, 'GENESYS_API_URL', null, 'Takes the place of the region’s API host.'),
  variable(
    genesys,
    'GENESYS_LOGIN_URL',
    null,
    'Takes the place of the region’s login host; in platform, give both URLs or neither.',
  ),
  variable(
    genesys,
    'GENESYS_SANDBOX',
    'false',
    'true: the built-in simulator is Genesys, also with DATABASE_URL.',
  ),
  variable(
    genesys,
    'GENESYS_REQUESTS_PER_MINUTE',
    null,
    'The pace over all instances; unset: 900 (guide), 300 (platform).',
  ),
  variable(
    genesys,
    'GENESYS_BATCH_ROWS',
    null,
    'Rows a request; unset: 2500 (guide), 1000 (platform), which are also the most.',
  ),
  variable(
    genesys,
    'GENESYS_FILE_THRESHOLD_ROWS',
    '50000',
    'guide: an upload of more accepted rows goes as files, unless it asks for another way.',
  ),
  variable(
    genesys,
    'GENESYS_UPLOAD_HOSTS',
    null,
    'Hosts, comma-separated, to which files go by pre-signed URLs, beside the API host; *. takes every host below. Unset: *.amazonaws.com, in eusc-de-east-1 *.amazonaws.eu.',
  ),
  variable(
    genesys,
    'GENESYS_COMPLETION_POLL_SECONDS',
    '1',
    'How long after a batch its job is first asked for.',
  ),
  variable(
    genesys,
    'GENESYS_INDEX_WAIT_SECONDS',
    '60',
    'guide: how long the index of a campaign may rebuild before its segment is told of as index_pending.',
  ),
  variable(
    genesys,
    'GENESYS_MAX_CONCURRENT_DNC_WRITES',
    '5',
    'Requests with do-not-call entries that may be on their way at once, over all instances.',
  ),
  secret(
    access,
    'ADMIN_API_KEY',
    'At least 32 characters; unset: refused, but in the sandbox one is kept in DATA_DIR/admin.key.',
  ),
  secret(access, 'METRICS_TOKEN', 'Lets a scraper that is not on loopback read /metrics.'),
  variable(
    access,
    'KEY_REQUESTS_PER_MINUTE',
    '6000',
    'Calls a minute that one key may make at one instance.',
  ),
  secret(
    access,
    'WEBHOOK_SECRET',
    'whsec_… of at least 24 bytes[,older…]; proves what Genesys sends. Unset: completions are polled; the embedded sandbox makes one.',
  ),
  variable(sync, 'CRM_SYNC_URL', null, 'Where the CRM hears of completions (Standard Webhooks).'),
  secret(sync, 'CRM_SYNC_SECRET', 'whsec_… of 24 to 64 bytes; required with CRM_SYNC_URL.'),
  variable(sync, 'DMS_SYNC_URL', null, 'Where the document system hears of stored guest files.'),
  secret(sync, 'DMS_SYNC_SECRET', 'As CRM_SYNC_SECRET; required with DMS_SYNC_URL.'),
  variable(sync, 'CDP_SYNC_URL', null, 'Where the customer data platform hears of segments.'),
  secret(sync, 'CDP_SYNC_SECRET', 'As CRM_SYNC_SECRET; required with CDP_SYNC_URL.'),
  variable(
    sync,
    'COMPLIANCE_SYNC_URL',
    null,
    'Where the compliance system hears of do-not-call entries.',
  ),
  secret(sync, 'COMPLIANCE_SYNC_SECRET', 'As CRM_SYNC_SECRET; required with COMPLIANCE_SYNC_URL.'),
  variable(
    sync,
    'ALLOW_HTTP_HOSTS',
    null,
    'Hosts, comma-separated, for which plain http is allowed besides loopback in the URLs of the environment; with the embedded sandbox in those of registered endpoints too.',
  ),
  variable(intake, 'DEFAULT_PHONE_REGION', 'US', 'The region of national numbers of contacts.'),
  variable(intake, 'CONTACT_ID_PATTERN', CONTACT_ID_SHAPE, 'What a contact id must match, whole.'),
  variable(intake, 'MAX_UPLOAD_BYTES', '2147483648', 'The largest file.'),
  variable(intake, 'MAX_UPLOAD_ROWS', '10000000', 'The most rows of a file.'),
  variable(
    dnc,
    'DNC_REASONS',
    null,
    "The CRM's own words for reasons: word=REGULATORY, =CUSTOMER_REQUEST or =UNSPECIFIED, comma-separated. Any other word is UNSPECIFIED.",
  ),
  variable(
    dnc,
    'DNC_ALLOWED_COUNTRIES',
    'US,CA,GB,DE,FR',
    'Entries with numbers of other countries suppress, but are not sent to Genesys before somebody releases them.',
  ),
  variable(
    dnc,
    'DNC_PULL_HOURS',
    '24',
    'platform: how often each do-not-call list is exported for what was added inside Genesys, for the first time a period after it is known. 0: only when it is asked for.',
  ),
  variable(
    dnc,
    'DNC_MAX_AGE_DAYS',
    null,
    'How old the edition of a registry may be when a contact is sent, in days, where the registry does not say so itself. Older: the upload is held, dnc_stale. Unset: as the law of its country says (docs/do-not-call.md), 31 where no rule is known.',
  ),
  variable(
    dnc,
    'DNC_REQUIRED_REGISTRIES',
    null,
    'Countries whose contacts are sent only if their tenant uses this registry: country=name, comma-separated, for example US=ftc,GB=tps. Unset: none.',
  ),
  variable(
    segments,
    'SEGMENT_EXCLUSIONS',
    '[{"attribute":"do_not_call","operator":"=","value":"true"}]',
    'Comparisons (a JSON array) that are exclusions of every segment; nobody can take them away.',
  ),
  variable(
    segments,
    'SEGMENT_CONFIRM_SHARE',
    '50',
    'Percent: a segment that changes whom a campaign dials by more needs a confirmation.',
  ),
  variable(
    guestFiles,
    'CLAMD_SOCKET',
    null,
    'Socket of clamd, which looks at guest files. Unset, and CLAMD_HOST too: nothing looks at them, which answers and /readyz say.',
  ),
  variable(guestFiles, 'CLAMD_HOST', null, 'Host of clamd, where it has no socket here.'),
  variable(guestFiles, 'CLAMD_PORT', '3310', 'Its port there.'),
  variable(
    guestFiles,
    'GUEST_FILE_MAX_CONCURRENT',
    '8',
    'Guest files that an instance works at once; each is in memory whole meanwhile.',
  ),
  variable(
    guestFiles,
    'GUEST_FILE_MAX_BYTES',
    '10485760',
    'The largest guest file; Genesys takes no larger one than 10485760.',
  ),
]
