/**
 * The Genesys Cloud regions. The gateway never makes a host name from free text: it refuses a
 * region that is not in this table. Source: PureCloudRegionHosts.js of purecloud-platform-client-v2
 * 262.0.0.
 */
export const REGIONS = {
  'us-east-1': 'mypurecloud.com',
  'us-east-2': 'use2.us-gov-pure.cloud',
  'us-west-2': 'usw2.pure.cloud',
  'ca-central-1': 'cac1.pure.cloud',
  'mx-central-1': 'mxc1.pure.cloud',
  'sa-east-1': 'sae1.pure.cloud',
  'eu-west-1': 'mypurecloud.ie',
  'eu-west-2': 'euw2.pure.cloud',
  'eu-central-1': 'mypurecloud.de',
  'eu-central-2': 'euc2.pure.cloud',
  'eusc-de-east-1': 'edee1.eusc-pure.cloud',
  'me-central-1': 'mec1.pure.cloud',
  'ap-south-1': 'aps1.pure.cloud',
  'ap-southeast-1': 'apse1.pure.cloud',
  'ap-southeast-2': 'mypurecloud.com.au',
  'ap-northeast-1': 'mypurecloud.jp',
  'ap-northeast-2': 'apne2.pure.cloud',
  'ap-northeast-3': 'apne3.pure.cloud',
} as const satisfies Record<string, string>
export type RegionName = keyof typeof REGIONS

/**
 * The addresses of a dialect, without a slash at the end. Tokens come from `/oauth/token` on
 * `loginUrl`.
 */
export type DialectHosts = { apiUrl: string; loginUrl: string }

export type Region = {
  name: RegionName
  domain: string
  guide: DialectHosts
  platform: DialectHosts
  /** The hosts of the region's pre-signed URLs. `*.` stands for every host below that domain. */
  uploadHosts: readonly string[]
}

/**
 * Regions of the European sovereign cloud store files under a separate domain. Regions of the US
 * government do not.
 */
const SOVEREIGN = /^eusc-/

/**
 * The region with this AWS name or domain, in upper or lower case. null: the region is not in the
 * table.
 */
export const resolveRegion = (nameOrDomain: string): Region | null => {
  const asked = nameOrDomain.trim().toLowerCase()
  for (const [name, domain] of Object.entries(REGIONS) as [RegionName, string][]) {
    if (asked !== name && asked !== domain) continue
    const apiUrl = `https://api.${domain}`
    return {
      name,
      domain,
      // In the guide dialect, tokens come from the API host. The platform dialect has a separate
      // login host.
      guide: { apiUrl, loginUrl: apiUrl },
      platform: { apiUrl, loginUrl: `https://login.${domain}` },
      uploadHosts: [SOVEREIGN.test(name) ? '*.amazonaws.eu' : '*.amazonaws.com'],
    }
  }
  return null
}
