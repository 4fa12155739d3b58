import { type ConfigVariable, secret, variable } from './config-variable.ts'
import { CONTACT_ID_SHAPE } from './domain/contacts/contact-id.ts'

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
  variable(service, 'HOST', '127.0.0.1', 'Address to listen on. In a container: 0.0.0.0.'),
  variable(service, 'PORT', '3000', 'Port to listen on. 0: any free port.'),
  variable(
    service,
    'PUBLIC_URL',
    null,
    'URL at which other systems reach the gateway. Default: the address that the gateway listens on.',
  ),
  variable(service, 'LOG_LEVEL', 'info', 'Log level: debug, info, warn or error.'),
  variable(
    service,
    'TRUST_PROXY',
    null,
    'IP addresses or CIDR ranges of the proxies in front of the gateway, separated by commas. The value "true" is not accepted.',
  ),
  variable(
    database,
    'DATABASE_URL',
    null,
    'URL of a PostgreSQL database, version 15 or newer, with the encoding UTF8. If the URL names several hosts, separate them by commas. By default, the connection does not use TLS. For TLS, add the parameter sslmode=verify-full, and for a CA of your own also sslrootcert=FILE. Default: a database embedded in DATA_DIR.',
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
    'Keys that encrypt stored data, newest first, separated by commas. Each key has the form id:key, where key is 32 bytes in base64. Required with DATABASE_URL. Without DATABASE_URL, the default is a key that the gateway makes in DATA_DIR.',
  ),
  secret(
    database,
    'SIGNING_KEYS',
    'Ed25519 keys that sign the audit trail, newest first, separated by commas. Each key has the form id:key, where key is 32 bytes in base64. Default: a key that the gateway makes and keeps encrypted in the database.',
  ),
  variable(
    database,
    'AUDIT_HEADS_FILE',
    null,
    'File outside the database. The gateway appends each signed head of the audit trail to this file. Default: none. Without the file, the heads are only in the log.',
  ),
  variable(
    genesys,
    'GENESYS_DIALECT',
    null,
    'Which API of Genesys the gateway uses: guide or platform. Required if GENESYS_CLIENT_ID is set. Default with the sandbox: guide.',
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
    'Id of the OAuth client. The client must have the grant type Client Credentials.',
  ),
  secret(genesys, 'GENESYS_CLIENT_SECRET', 'Secret of the OAuth client.'),
  variable(genesys, 'GENESYS_API_URL', null, 'API URL. Default: the API host of the region.'),
  variable(
    genesys,
    'GENESYS_LOGIN_URL',
    null,
    'URL of the login. Default: the login host of the region. In the platform dialect, set both GENESYS_API_URL and GENESYS_LOGIN_URL, or neither.',
  ),
  variable(
    genesys,
    'GENESYS_SANDBOX',
    'false',
    'true: the built-in sandbox replaces Genesys. This also works with DATABASE_URL.',
  ),
  variable(
    genesys,
    'GENESYS_REQUESTS_PER_MINUTE',
    null,
    'Calls to Genesys per minute, over all instances. Default: 900 (guide), 300 (platform).',
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
    'In the guide dialect, the gateway sends an upload as files if the upload has more accepted rows than this number and the list has a column for the contact id. An upload can override this variable with the option delivery.',
  ),
  variable(
    genesys,
    'GENESYS_UPLOAD_HOSTS',
    null,
    'A list of hosts, separated by commas. The gateway sends files by pre-signed URLs only to these hosts and to the API host. *.example.com allows every host below example.com. Default: *.amazonaws.com. In the region eusc-de-east-1: *.amazonaws.eu.',
  ),
  variable(
    genesys,
    'GENESYS_COMPLETION_POLL_SECONDS',
    '1',
    'Seconds between sending a batch and the first check of its job in Genesys. At most 3600.',
  ),
  variable(
    genesys,
    'GENESYS_INDEX_WAIT_SECONDS',
    '60',
    'In the guide dialect: how many seconds the gateway waits while Genesys rebuilds the index of a campaign. If the index is not ready after this time, the segment becomes index_pending.',
  ),
  variable(
    genesys,
    'GENESYS_MAX_CONCURRENT_DNC_WRITES',
    '5',
    'Maximum number of concurrent requests with do-not-call entries, over all instances.',
  ),
  secret(
    access,
    'ADMIN_API_KEY',
    'Key with the scope admin, at least 32 characters: ASCII, without spaces. Required without the sandbox. Default with the sandbox: a key that the gateway makes in DATA_DIR/admin.key.',
  ),
  secret(
    access,
    'METRICS_TOKEN',
    'Token with which Prometheus may read /metrics from other machines.',
  ),
  variable(
    access,
    'KEY_REQUESTS_PER_MINUTE',
    '6000',
    'How many calls per minute one key may make at one instance.',
  ),
  secret(
    access,
    'WEBHOOK_SECRET',
    'Secret that proves that a webhook comes from Genesys: "whsec_" followed by at least 24 bytes in base64. Older secrets may follow, separated by commas. Without a secret, the gateway gets no webhooks, and polls Genesys instead. If the sandbox and the database are both embedded, the default is a secret that the gateway makes.',
  ),
  variable(
    sync,
    'CRM_SYNC_URL',
    null,
    'URL at which the CRM receives the events of uploads (Standard Webhooks).',
  ),
  secret(
    sync,
    'CRM_SYNC_SECRET',
    'Secret that signs the messages to CRM_SYNC_URL: "whsec_" followed by at least 24 bytes in base64. Required with CRM_SYNC_URL.',
  ),
  variable(
    sync,
    'DMS_SYNC_URL',
    null,
    'URL at which the document system receives the events of guest files.',
  ),
  secret(
    sync,
    'DMS_SYNC_SECRET',
    'Secret for DMS_SYNC_URL, in the same form as CRM_SYNC_SECRET. Required with DMS_SYNC_URL.',
  ),
  variable(
    sync,
    'CDP_SYNC_URL',
    null,
    'URL at which the customer data platform receives the events of segments.',
  ),
  secret(
    sync,
    'CDP_SYNC_SECRET',
    'Secret for CDP_SYNC_URL, in the same form as CRM_SYNC_SECRET. Required with CDP_SYNC_URL.',
  ),
  variable(
    sync,
    'COMPLIANCE_SYNC_URL',
    null,
    'URL at which the compliance system receives the events of do-not-call entries.',
  ),
  secret(
    sync,
    'COMPLIANCE_SYNC_SECRET',
    'Secret for COMPLIANCE_SYNC_URL, in the same form as CRM_SYNC_SECRET. Required with COMPLIANCE_SYNC_URL.',
  ),
  variable(
    sync,
    'ALLOW_HTTP_HOSTS',
    null,
    'Hosts for which plain http is allowed, separated by commas. Loopback is always allowed. This variable applies to URLs in environment variables. With the embedded sandbox, it also applies to registered endpoints.',
  ),
  variable(
    intake,
    'DEFAULT_PHONE_REGION',
    'US',
    'Country of phone numbers without +. Two capital letters.',
  ),
  variable(
    intake,
    'CONTACT_ID_PATTERN',
    CONTACT_ID_SHAPE,
    'Regular expression that a whole contact id must match.',
  ),
  variable(intake, 'MAX_UPLOAD_BYTES', '2147483648', 'Maximum size of a file in bytes.'),
  variable(intake, 'MAX_UPLOAD_ROWS', '10000000', 'Maximum number of rows of a file.'),
  variable(
    intake,
    'WARM_UP_ROWS',
    '60000',
    'Number of made-up rows that the gateway reads at its start, before it accepts calls. With the embedded database, the gateway also stores and deletes these rows. The first file then takes less processor time. 0: none.',
  ),
  variable(
    dnc,
    'DNC_REASONS',
    null,
    'Pairs, separated by commas. Each pair maps a word of the CRM to a reason: word=REGULATORY, word=CUSTOMER_REQUEST or word=UNSPECIFIED. Any other word of the CRM counts as UNSPECIFIED.',
  ),
  variable(
    dnc,
    'DNC_ALLOWED_COUNTRIES',
    'US,CA,GB,DE,FR',
    'Do-not-call numbers of these countries go to Genesys immediately. Numbers of other countries are suppressed too, but go to Genesys only after you release them.',
  ),
  variable(
    dnc,
    'DNC_PULL_HOURS',
    '24',
    'In the platform dialect: hours between two exports of a do-not-call list. From an export, the gateway imports the people who were added inside Genesys. The first export comes this many hours after the gateway first used the list. 0: only on request.',
  ),
  variable(
    dnc,
    'DNC_MAX_AGE_DAYS',
    null,
    'Maximum age in days that a registry edition may have when a contact is sent. If the edition is older, the upload is held as dnc_stale. The limit applies to registries that have no maxAgeDays. Default: the limit in the law of the country (docs/do-not-call.md), or 31 if the gateway knows no such limit.',
  ),
  variable(
    dnc,
    'DNC_REQUIRED_REGISTRIES',
    null,
    'Pairs country=registry, separated by commas, for example US=ftc,GB=tps. If an upload has phone numbers of the country, at least one tenant with a grant for the contact list must use the registry, and the registry must have an edition in force. Otherwise, the upload is held as dnc_stale. Default: none.',
  ),
  variable(
    dnc,
    'CONSENT_REQUIRED_COUNTRIES',
    null,
    'Countries that require consent before a call, separated by commas, for example DE,FR. If a row has a phone number from one of these countries, the gateway sends the row only if consentAt and consentSource show when and how the person agreed. Default: none.',
  ),
  variable(
    segments,
    'SEGMENT_EXCLUSIONS',
    '[{"attribute":"do_not_call","operator":"=","value":"true"}]',
    'Exclusions that apply to every segment, as a JSON array of comparisons. No caller can remove them.',
  ),
  variable(
    segments,
    'SEGMENT_CONFIRM_SHARE',
    '50',
    'Limit for a change of a segment, as a percentage of the contacts that the version in force selects. If more contacts than this limit would enter or leave the selection, the segment needs a confirmation.',
  ),
  variable(
    guestFiles,
    'CLAMD_SOCKET',
    null,
    'Socket of clamd, which scans guest files. If neither CLAMD_SOCKET nor CLAMD_HOST is set, the gateway does not scan guest files. /readyz and the answers about guest files then show that no scanner is configured.',
  ),
  variable(guestFiles, 'CLAMD_HOST', null, 'Host of clamd. Set it if clamd has no local socket.'),
  variable(guestFiles, 'CLAMD_PORT', '3310', 'Port of clamd at CLAMD_HOST.'),
  variable(
    guestFiles,
    'GUEST_FILE_MAX_CONCURRENT',
    '8',
    'Maximum number of guest files that an instance processes at a time.',
  ),
  variable(
    guestFiles,
    'GUEST_FILE_MAX_BYTES',
    '10485760',
    'Maximum size of a guest file in bytes. Genesys accepts at most 10485760.',
  ),
]
