/** The OAuth client every built-in scenario knows. Works as web and as desktop client on any loopback address. */
export const DEFAULT_CLIENT = {
  clientId: '424242424242-sandbox.apps.googleusercontent.com',
  clientSecret: 'sandbox-client-secret',
  redirectUris: 'any loopback',
} as const

/** A second client of the same project: shares the person's grant with the default client. */
export const SIBLING_CLIENT = {
  clientId: '424242424242-sibling.apps.googleusercontent.com',
  clientSecret: 'sandbox-sibling-secret',
} as const

/** A client of another project: its tokens are none of the default client's business. */
export const FOREIGN_CLIENT = {
  clientId: '777777777777-foreign.apps.googleusercontent.com',
  clientSecret: 'sandbox-foreign-secret',
} as const

export const DEFAULT_PROJECT = 'ads-keyring-sandbox'

export const builtInProjects = [
  { id: DEFAULT_PROJECT, number: '424242424242', appName: 'Ads Keyring' },
  { id: 'another-tool', number: '777777777777', appName: 'Another Tool' },
]

export const builtInClients = [
  { ...DEFAULT_CLIENT, project: DEFAULT_PROJECT, type: 'either' as const },
  { ...SIBLING_CLIENT, project: DEFAULT_PROJECT, type: 'web' as const, redirectUris: 'any loopback' as const },
  { ...FOREIGN_CLIENT, project: 'another-tool', type: 'web' as const, redirectUris: 'any loopback' as const },
]
