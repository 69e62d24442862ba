import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { faultPresets } from '../../src/sandbox/fault-presets.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { accessToken } from './access-token.ts'
import { accountId, errorCode, listAccessible, search } from './ads-client.ts'
import { authorizationUrl, credentials, obtainTokens, postToken, signIn } from './sign-in.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
beforeEach(() => sandbox.control.reset())
afterAll(() => sandbox.close())

async function refreshAs(person: string) {
  const { refresh_token = '' } = await obtainTokens(sandbox, person)
  return () => postToken(sandbox, { ...credentials, grant_type: 'refresh_token', refresh_token })
}

describe('a fault rule', () => {
  it('strikes as often as told, then no more', async () => {
    const refresh = await refreshAs('U1')
    sandbox.control.addFault({
      match: { operation: 'token.refresh' },
      times: 2,
      effect: { kind: 'status', status: 503 },
    })
    const ask = () =>
      fetch(`${sandbox.origin}/oauth2.googleapis.com/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token' }),
      })
    expect([(await ask()).status, (await ask()).status, (await refresh()).status]).toEqual([503, 503, 200])
  })

  it('strikes one person and spares the others', async () => {
    const [first, second] = [await refreshAs('U1'), await refreshAs('U2')]
    sandbox.control.switchOn('invalid-rapt', 'U2')
    expect((await first()).status).toBe(200)
    expect((await second()).body).toMatchObject({ error: 'invalid_grant', error_subtype: 'invalid_rapt' })
  })

  it('strikes one customer, login customer or query and spares the others', async () => {
    const token = await accessToken(sandbox, 'U2')
    const fault = { kind: 'google_ads_error', family: 'internalError', code: 'INTERNAL_ERROR' } as const
    sandbox.control.addFault({
      match: { customerId: accountId(sandbox, 'M2'), queryIncludes: 'time_zone' },
      effect: fault,
    })
    const ask = async (label: string, field: string) =>
      (await search(sandbox, accountId(sandbox, label), `SELECT customer.${field} FROM customer`, { token })).status
    expect([await ask('M2', 'time_zone'), await ask('M2', 'id'), await ask('M3', 'time_zone')]).toEqual([500, 200, 200])
  })

  it('is refused when it is not one', () => {
    expect(() => sandbox.control.addFault({ effect: { kind: 'flood' } } as never)).toThrow()
  })

  it('gives a quota error with its delay, in the words of the version', async () => {
    const token = await accessToken(sandbox, 'U1')
    sandbox.control.switchOn('quota-daily')
    const answer = await listAccessible(sandbox, { token })
    expect([answer.status, errorCode(answer)]).toEqual([429, 'quotaError.RESOURCE_EXHAUSTED'])
    const [error] = answer.body.error.details[0].errors
    expect(error.message).toBe('Too many requests. Retry in 40591 seconds.')
    expect(error.details.quotaErrorDetails).toEqual({
      rateScope: 'DEVELOPER',
      rateName: 'Number of operations for basic access',
      retryDelay: '40591s',
    })
  })

  it('wraps errors of a stream in an array', async () => {
    const token = await accessToken(sandbox, 'U1')
    for (const preset of ['transient-error', 'api-not-enabled']) {
      sandbox.control.clearFaults()
      sandbox.control.switchOn(preset)
      const { body } = await search(sandbox, accountId(sandbox, 'M1'), 'x', { token, stream: true })
      expect(body).toHaveLength(1)
      expect(body[0].error.code).toBeGreaterThanOrEqual(403)
    }
  })
})

describe('a broken answer', () => {
  const ask = () => fetch(`${sandbox.origin}/www.googleapis.com/oauth2/v3/certs`, { redirect: 'manual' })
  const on = (effect: Parameters<Sandbox['control']['failNext']>[0]['effect']) =>
    sandbox.control.failNext({ match: { operation: 'certs' }, effect })

  it('is cut off half way', async () => {
    on({ kind: 'truncate' })
    const response = await ask()
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })

  it('is a reset connection', async () => {
    on({ kind: 'reset' })
    await expect(ask()).rejects.toThrow()
  })

  it('never comes', async () => {
    on({ kind: 'hang' })
    const seen = sandbox.requests.length
    const impatience = new AbortController()
    let answered = false
    const waiting = fetch(`${sandbox.origin}/www.googleapis.com/oauth2/v3/certs`, { signal: impatience.signal }).then(
      () => {
        answered = true
      },
    )
    await expect.poll(() => sandbox.requests.length).toBe(seen + 1)
    // What was asked later is answered before.
    expect((await ask()).status).toBe(200)
    expect(answered).toBe(false)
    impatience.abort()
    await expect(waiting).rejects.toThrow(/abort/i)
  })

  it('is HTML, an empty object, a redirect, a huge one', async () => {
    on({ kind: 'html' })
    expect((await ask()).headers.get('content-type')).toMatch(/^text\/html/)
    on({ kind: 'empty_json' })
    expect(await (await ask()).json()).toEqual({})
    on({ kind: 'redirect', to: 'http://127.0.0.1:9/' })
    expect((await ask()).headers.get('location')).toBe('http://127.0.0.1:9/')
    on({ kind: 'huge', bytes: 300_000 })
    expect((await (await ask()).text()).length).toBeGreaterThan(300_000)
  })

  it('comes late by the latency', async () => {
    sandbox.control.setLatency(80)
    const begun = performance.now()
    await ask()
    expect(performance.now() - begun).toBeGreaterThan(70)
  })
})

describe('sign-in gone wrong', () => {
  it('keeps the browser on Google’s page, for one person if told', async () => {
    sandbox.control.switchOn('page-admin-policy-enforced', 'U2')
    await expect(signIn(authorizationUrl(sandbox), 'U2')).rejects.toThrow(/status 400.*admin_policy_enforced/s)
    expect((await signIn(authorizationUrl(sandbox), 'U1')).searchParams.get('code')).toBeTruthy()
  })

  it('changes the callback once', async () => {
    sandbox.control.failNext({
      effect: { kind: 'callback', set: { iss: 'https://evil.example' }, append: { state: 'two' } },
    })
    const bent = await signIn(authorizationUrl(sandbox), 'U1')
    expect(bent.searchParams.get('iss')).toBe('https://evil.example')
    expect(bent.searchParams.getAll('state')).toEqual(['some-state', 'two'])
    const straight = await signIn(authorizationUrl(sandbox), 'U1')
    expect(straight.searchParams.get('iss')).toBe('https://accounts.google.com')
  })

  it.each([
    ['id-token-alg-none', (token: string) => token.endsWith('.')],
    ['id-token-hs256', (token: string) => claimsOf(token, 0).alg === 'HS256'],
    ['id-token-wrong-nonce', (token: string) => claimsOf(token).nonce !== 'some-nonce'],
    ['id-token-without-sub', (token: string) => claimsOf(token).sub === undefined],
    ['id-token-wrong-audience', (token: string) => claimsOf(token).aud === 'another.apps.googleusercontent.com'],
  ])('hands out a defective ID token: %s', async (preset, isDefective) => {
    sandbox.control.switchOn(preset)
    expect(isDefective((await obtainTokens(sandbox, 'U1')).id_token ?? '')).toBe(true)
  })

  it('hands out tokens with parts missing', async () => {
    sandbox.control.switchOn('no-refresh-token')
    sandbox.control.switchOn('no-scope')
    expect(Object.keys(await obtainTokens(sandbox, 'U1'))).toEqual([
      'access_token',
      'expires_in',
      'token_type',
      'id_token',
    ])
  })

  const claimsOf = (token: string, part = 1) =>
    JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString('utf8'))
})

describe('grants', () => {
  it('expire: refresh and access tokens are dead, the consent stays', async () => {
    const { access_token } = await obtainTokens(sandbox, 'U1')
    const refresh = await refreshAs('U1')
    sandbox.control.expireGrants('U1')
    expect((await refresh()).body.error_description).toBe('Token has been expired or revoked.')
    expect((await listAccessible(sandbox, { token: access_token })).status).toBe(401)
    expect((await obtainTokens(sandbox, 'U1', { prompt: null })).refresh_token).toBeUndefined()
  })

  it('lose their access tokens only, when told so', async () => {
    const { access_token } = await obtainTokens(sandbox, 'U1')
    const refresh = await refreshAs('U1')
    sandbox.control.expireAccessTokens()
    const { status, body } = await listAccessible(sandbox, { token: access_token })
    expect([status, body.error.message.slice(0, 46), body.error.details]).toEqual([
      401,
      'Request had invalid authentication credentials',
      undefined,
    ])
    expect((await refresh()).status).toBe(200)
  })
})

describe('the record of requests', () => {
  it('tells what was asked, by whom and with what result, and holds no secret', async () => {
    const tokens = await obtainTokens(sandbox, 'U1')
    const query = 'SELECT customer.id FROM customer'
    const m1 = accountId(sandbox, 'M1')
    await search(sandbox, m1, query, {
      token: tokens.access_token,
      loginCustomerId: m1,
      headers: { 'developer-token': 'x' },
    })
    const last = sandbox.requests.at(-1)
    expect(last).toMatchObject({
      operation: 'search',
      customerId: m1,
      loginCustomerId: m1,
      query,
      person: 'U1',
      developerToken: true,
      status: 200,
    })
    const text = JSON.stringify(sandbox.requests)
    for (const secret of [tokens.access_token, tokens.refresh_token ?? '', credentials.client_secret, '4/0A'])
      expect(text).not.toContain(secret)
    sandbox.control.clearRequests()
    expect(sandbox.requests).toHaveLength(0)
  })
})

describe('the control page', () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.origin}/_sandbox/${path}`, {
      method: 'POST',
      redirect: 'manual',
      ...(body instanceof URLSearchParams
        ? { body, headers }
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    })

  it('shows people, accounts and switches, with odd names escaped', async () => {
    const text = await (await fetch(sandbox.origin)).text()
    for (const { name } of faultPresets) expect(text).toContain(`id="preset-${name}"`)
    expect(text).toContain('&lt;b&gt;Prices&lt;/b&gt;')
    expect(text).not.toContain('<b>Prices')
    expect(text).not.toMatch(/<script|style=|<style/)
  })

  it('switches by form and by JSON', async () => {
    const form = await post('presets', new URLSearchParams({ name: 'quota-short', on: 'true', person: '' }))
    expect([form.status, form.headers.get('location'), sandbox.control.isOn('quota-short')]).toEqual([303, '/', true])
    const json = await post('presets', { name: 'quota-short', on: false })
    expect([json.status, sandbox.control.isOn('quota-short')]).toEqual([200, false])
    const added = (await (await post('faults', { effect: { kind: 'empty_json' } })).json()) as { id: string }
    expect(sandbox.control.faults.rules.map(({ id }) => id)).toEqual([added.id])
    await post('latency', { ms: 5 })
    expect(sandbox.control.latencyMs).toBe(5)
    await post('reset', {})
    expect([sandbox.control.latencyMs, sandbox.control.faults.rules.length]).toEqual([0, 0])
  })

  it('refuses nonsense and other sites', async () => {
    expect((await post('faults', { effect: { kind: 'nonsense' } })).status).toBe(400)
    expect((await post('revoke-grant', { person: 'nobody' })).status).toBe(400)
    expect((await post('presets', { name: 'unknown', on: true })).status).toBe(400)
    expect((await post('reset', {}, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('unknown', {})).status).toBe(404)
  })

  it('gives out the key file of a service account', async () => {
    const response = await fetch(`${sandbox.origin}/_sandbox/service-accounts/SA1.json`)
    expect(await response.json()).toEqual(sandbox.serviceAccountKeyFile('SA1'))
    expect((await fetch(`${sandbox.origin}/_sandbox/service-accounts/U1.json`)).status).toBe(404)
  })
})
