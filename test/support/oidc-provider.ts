import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { interactionPolicy } from 'oidc-provider'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { json } from './scripted-server.ts'

export interface ForeignProvider {
  /** `host:port`, for GOOGLE_EMULATOR_HOST. */
  host: string
  /** The `sub` of whoever signs in next. */
  person: string
  /** How often each of Google's paths was asked. */
  asked: Map<string, number>
  allowRedirectTo(uri: string): void
  close(): Promise<void>
}

/** Where the certified server of the npm package oidc-provider answers what we ask Google. */
const paths: Record<string, string> = {
  '/accounts.google.com/o/oauth2/v2/auth': '/auth',
  '/oauth2.googleapis.com/token': '/token',
  '/oauth2.googleapis.com/revoke': '/token/revocation',
  '/www.googleapis.com/oauth2/v3/certs': '/jwks',
  '/openidconnect.googleapis.com/v1/userinfo': '/me',
}
const adwords = 'https://www.googleapis.com/auth/adwords'

/**
 * An OpenID provider nobody here wrote, in Google's place: it demands PKCE, rotates refresh tokens, sends `iss`, and
 * accepts each code once. Whoever comes consents at once. Google Ads answers one account.
 */
export async function startForeignProvider(): Promise<ForeignProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const policy = interactionPolicy.base()
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }))
  const redirectUris: string[] = []
  const asked = new Map<string, number>()

  let provider: Provider | undefined
  const server = createServer(async (req, res) => {
    const { pathname, search } = new URL(req.url ?? '/', 'http://localhost')
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1)
    if (pathname.startsWith('/googleads.googleapis.com/')) {
      return json(res, 200, { resourceNames: ['customers/4620198301'] })
    }
    provider ??= create()
    if (pathname.startsWith('/interaction/')) return consent(provider)
    req.url = (paths[pathname] ?? pathname) + search
    return provider.callback()(req, res)

    async function consent(at: Provider): Promise<void> {
      const { params } = await at.interactionDetails(req, res)
      const grant = new at.Grant({ accountId: foreign.person, clientId: DEFAULT_CLIENT.clientId })
      grant.addOIDCScope(String(params.scope))
      const answer = {
        login: { accountId: foreign.person },
        consent: { grantId: await grant.save() },
        select_account: {},
      }
      await at.interactionFinished(req, res, answer, { mergeWithLastSubmission: false })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  const jwk = { ...(await exportJWK(privateKey)), kid: 'foreign', alg: 'RS256', use: 'sig' }
  function create(): Provider {
    return new Provider('https://accounts.google.com', {
      clients: [
        {
          client_id: DEFAULT_CLIENT.clientId,
          client_secret: DEFAULT_CLIENT.clientSecret,
          redirect_uris: redirectUris,
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      jwks: { keys: [jwk] },
      cookies: { keys: ['of this test'] },
      scopes: ['openid', 'email', 'profile', adwords],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'hd'] },
      conformIdTokenClaims: false,
      extraParams: ['access_type', 'include_granted_scopes'],
      features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
      findAccount: (_ctx, sub) => ({
        accountId: sub,
        claims: () => ({
          sub,
          email: `${sub}@northlight.example.com`,
          email_verified: true,
          name: `Person ${sub}`,
          hd: 'northlight.example.com',
        }),
      }),
      interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` },
      issueRefreshToken: () => true,
      pkce: { required: () => true },
      rotateRefreshToken: true,
    })
  }

  const foreign: ForeignProvider = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    person: 'ann',
    asked,
    allowRedirectTo(uri) {
      redirectUris.push(uri)
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return foreign
}
