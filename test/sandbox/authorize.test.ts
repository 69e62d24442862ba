import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { ADWORDS, authorizationUrl, obtainTokens, REDIRECT, signIn } from './sign-in.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
beforeEach(() => sandbox.control.reset())
afterAll(() => sandbox.close())

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

describe('errors on Google’s own page', () => {
  it.each([
    ['an unknown client', { client_id: 'nobody.apps.googleusercontent.com' }, 401, 'invalid_client'],
    ['no client', { client_id: null }, 400, 'invalid_request'],
    ['no redirect URI', { redirect_uri: null }, 400, 'invalid_request'],
    ['a foreign redirect URI', { redirect_uri: 'https://app.example.com/cb' }, 400, 'redirect_uri_mismatch'],
    ['the out-of-band redirect', { redirect_uri: 'urn:ietf:wg:oauth:2.0:oob' }, 400, 'redirect_uri_mismatch'],
    ['a fragment', { redirect_uri: 'http://localhost/#x' }, 400, 'invalid_request'],
    ['user info', { redirect_uri: 'http://u@localhost/' }, 400, 'invalid_request'],
    ['plain http away from loopback', { redirect_uri: 'http://app.example.com/cb' }, 400, 'invalid_request'],
    ['path traversal', { redirect_uri: 'http://localhost/a/../b' }, 400, 'invalid_request'],
    ['a raw address', { redirect_uri: 'https://192.0.2.1/cb' }, 400, 'invalid_request'],
    ['no response type', { response_type: null }, 400, 'invalid_request'],
    ['no scope', { scope: null }, 400, 'invalid_request'],
    ['an unknown scope', { scope: 'openid adwords' }, 400, 'invalid_scope'],
    ['prompt none with others', { prompt: 'none consent' }, 400, 'invalid_request'],
    ['an unknown prompt', { prompt: 'login' }, 400, 'invalid_request'],
    ['an unknown access type', { access_type: 'forever' }, 400, 'invalid_request'],
    ['a short challenge', { code_challenge: 'short', code_challenge_method: 'S256' }, 400, 'invalid_grant'],
    [
      'an unknown challenge method',
      { code_challenge: CHALLENGE, code_challenge_method: 'S512' },
      400,
      'invalid_request',
    ],
  ] as const)('%s', async (_what, change, status, code) => {
    const response = await fetch(authorizationUrl(sandbox, change), { redirect: 'manual' })
    const page = load(await response.text())
    expect([response.status, page('[data-error]').attr('data-error')]).toEqual([status, code])
    expect(response.headers.get('location')).toBeNull()
  })

  it('a repeated parameter', async () => {
    const response = await fetch(`${authorizationUrl(sandbox)}&scope=openid`, { redirect: 'manual' })
    expect(response.status).toBe(400)
  })

  it('a person who is not a test user of an app in Testing, and only that person', async () => {
    sandbox.control.setProject('ads-keyring-sandbox', { publishingStatus: 'testing', testUsers: ['U2'] })
    await expect(signIn(authorizationUrl(sandbox), 'U1')).rejects.toThrow(/status 403.*access_denied/s)
    expect((await signIn(authorizationUrl(sandbox), 'U2')).searchParams.get('code')).toBeTruthy()
  })

  it('a person outside the organisation of an internal app', async () => {
    sandbox.control.setProject('ads-keyring-sandbox', { internalDomain: 'northlight.example.com' })
    await expect(signIn(authorizationUrl(sandbox), 'GMAIL')).rejects.toThrow(/status 403.*org_internal/s)
    expect((await signIn(authorizationUrl(sandbox), 'U1')).searchParams.get('code')).toBeTruthy()
  })
})

describe('the redirect back', () => {
  it('carries what Google sends, in its order, with scopes expanded and reordered', async () => {
    const callback = await signIn(authorizationUrl(sandbox, { scope: `openid email ${ADWORDS}`, state: 'a b&c' }), 'U1')
    expect(`${callback.origin}${callback.pathname}`).toBe(REDIRECT)
    expect([...callback.searchParams.keys()]).toEqual(['state', 'iss', 'code', 'scope', 'authuser', 'hd', 'prompt'])
    const get = (name: string) => callback.searchParams.get(name)
    expect(get('state')).toBe('a b&c')
    expect(get('iss')).toBe('https://accounts.google.com')
    expect(get('code')).toMatch(/^4\/0A/)
    expect(callback.search).toContain('code=4%2F0A')
    expect(get('scope')).not.toBe(`openid email ${ADWORDS}`)
    expect(get('scope')?.split(' ').sort()).toEqual(
      ['https://www.googleapis.com/auth/userinfo.email', ADWORDS, 'openid'].sort(),
    )
    expect([get('authuser'), get('hd'), get('prompt')]).toEqual(['0', 'northlight.example.com', 'consent'])
  })

  it('leaves hd out for a consumer account', async () => {
    const callback = await signIn(authorizationUrl(sandbox), 'GMAIL')
    expect(callback.searchParams.has('hd')).toBe(false)
  })

  it('keeps the query of the redirect URI', async () => {
    const callback = await signIn(authorizationUrl(sandbox, { redirect_uri: `${REDIRECT}?tenant=1` }), 'U1')
    expect(callback.searchParams.get('tenant')).toBe('1')
    expect(callback.searchParams.get('code')).toBeTruthy()
  })

  it('says access_denied with the state after Cancel', async () => {
    const callback = await signIn(authorizationUrl(sandbox), 'U1', { decision: 'cancel' })
    expect(callback.search).toBe('?error=access_denied&state=some-state')
  })

  it('leaves an unticked scope out, and the token with it', async () => {
    const callback = await signIn(authorizationUrl(sandbox), 'U1', { untick: [ADWORDS] })
    expect(callback.searchParams.get('scope')).not.toContain(ADWORDS)
  })
})

describe('prompts and hints', () => {
  const statusAndPage = async (change: Record<string, string>) => {
    const response = await fetch(authorizationUrl(sandbox, change), { redirect: 'manual' })
    return { response, page: load(await response.text()) }
  }

  it('lists the people of the scenario without the service account', async () => {
    const { page } = await statusAndPage({})
    const offered = page('button[name=person]')
      .toArray()
      .map(button => button.attribs.value)
    expect(offered).toEqual(['U1', 'U2', 'U3', 'ADMIN', 'ODD', 'NOADS', 'OTHER', 'GMAIL'])
  })

  it.each(['tomasz.wojcik@northlight.example.com', '100000000000000000002'])(
    'goes straight to consent for login_hint %s',
    async login_hint => {
      const { page } = await statusAndPage({ login_hint })
      expect(page('input[name=person]').attr('value')).toBe('U2')
      expect(page(`input[name=scope][value="${ADWORDS}"]`).attr('type')).toBe('checkbox')
    },
  )

  it('shows the chooser with select_account, the hinted person first', async () => {
    const { page } = await statusAndPage({ login_hint: '100000000000000000002', prompt: 'consent select_account' })
    expect(page('button[name=person]').first().attr('value')).toBe('U2')
  })

  it('offers no tick box when adwords is asked alone', async () => {
    const { page } = await statusAndPage({ login_hint: '100000000000000000002', scope: ADWORDS })
    expect(page('input[type=checkbox]')).toHaveLength(0)
    expect(page('button[name=decision]')).toHaveLength(2)
  })

  it('skips consent on a repeat without prompt=consent, and gives no refresh token then', async () => {
    const first = await obtainTokens(sandbox, 'U1', { prompt: null })
    expect(first.refresh_token).toBeDefined()
    const second = await obtainTokens(sandbox, 'U1', { prompt: null })
    expect(second.refresh_token).toBeUndefined()
    const third = await obtainTokens(sandbox, 'U1', { prompt: 'consent' })
    expect(third.refresh_token).toBeDefined()
  })

  it('answers prompt=none silently or with interaction_required', async () => {
    const login_hint = 'ines.ferreira@northlight.example.com'
    const refused = await signIn(authorizationUrl(sandbox, { prompt: 'none', login_hint }), 'U1')
    expect(refused.search).toBe('?error=interaction_required&state=some-state')
    await obtainTokens(sandbox, 'U1')
    const granted = await signIn(authorizationUrl(sandbox, { prompt: 'none', login_hint }), 'U1')
    expect(granted.searchParams.get('prompt')).toBe('none')
  })

  it('adds earlier grants with include_granted_scopes', async () => {
    await obtainTokens(sandbox, 'U1')
    const narrow = await obtainTokens(sandbox, 'U1', { scope: 'openid' })
    expect(narrow.scope).toBe('openid')
    const wide = await obtainTokens(sandbox, 'U1', { scope: 'openid', include_granted_scopes: 'true' })
    expect(wide.scope.split(' ')).toContain(ADWORDS)
  })
})
