/**
 * The groups of operations in the document, in this order. Each group is a capability and has the
 * name of the capability's folder in the code.
 */
export const TAGS = {
  uploads: 'Send contacts, and follow the uploads',
  'contact-lists': 'The contact lists of Genesys that the tenant may use',
  segments:
    'Rules that select whom a campaign dials. The gateway analyses the rules before it sends them to Genesys',
  'do-not-call':
    'People who must not be called. The gateway suppresses a person as soon as it has accepted the entry (202)',
  'guest-files':
    'Files, each for one person. The gateway inspects each file and, if a scanner is configured, scans it. The state shows whether Genesys has the file',
  erasures: 'Erase a person, and read the receipt',
  endpoints: 'Endpoints that receive events of the gateway',
  'genesys-events': 'Calls from Genesys to the gateway',
  access: 'Tenants, their grants and their keys',
  audit:
    'Entries that show who did what, and a signed chain that shows whether an entry was changed',
  proof: 'Prove what an upload was checked against, and which decisions were made about one person',
  signing: "The keys to verify the gateway's signatures",
  operations: 'Limits, probes, metrics and this document',
  problems: 'What each problem code means and how to fix the cause',
} as const
export type Tag = keyof typeof TAGS
