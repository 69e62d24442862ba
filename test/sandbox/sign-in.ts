import { load } from 'cheerio'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT, FOREIGN_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'

export const ADWORDS = 'https://www.googleapis.com/auth/adwords'
export const REDIRECT = 'http://localhost:3000/oauth2callback'

/** An authorization request as an application sends it; `null` leaves a parameter out. */
export function authorizationUrl(sandbox: Sandbox, change: Record<string, string | null> = {}): string {
  const params = new URLSearchParams({
    client_id: DEFAULT_CLIENT.clientId,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: `openid email profile ${ADWORDS}`,
    access_type: 'offline',
    state: 'some-state',
    nonce: 'some-nonce',
  })
  for (const [name, value] of Object.entries(change)) {
    if (value === null) params.delete(name)
    else params.set(name, value)
  }
  return `${sandbox.origin}/accounts.google.com/o/oauth2/v2/auth?${params}`
}

/** Walks the sign-in pages as a browser does, by their forms, and answers where the browser is sent. */
export async function signIn(
  url: string,
  person: string,
  { decision = 'allow', untick = [] }: { decision?: 'allow' | 'cancel'; untick?: string[] } = {},
): Promise<URL> {
  let response = await fetch(url, { redirect: 'manual' })
  for (let step = 0; response.status === 200 && step < 3; step += 1) {
    const page = load(await response.text())
    const form = new URLSearchParams()
    const action = page('form').attr('action') ?? ''
    if (page('button[name=person]').length > 0) {
      if (page(`button[name=person][value="${person}"]`).length === 0) throw new Error(`${person} is not on the page`)
      form.set('person', person)
    } else {
      for (const input of page('input').toArray()) {
        const { name = '', value = '', type } = input.attribs
        const checked = 'checked' in input.attribs
        if (type === 'hidden' || (checked && !untick.includes(value))) form.append(name, value)
      }
      form.set('decision', decision)
    }
    response = await fetch(new URL(action, url), { method: 'POST', body: form, redirect: 'manual' })
  }
  const location = response.headers.get('location')
  if (location === null) throw new Error(`no redirect, status ${response.status}: ${await response.text()}`)
  return new URL(location)
}

export interface TokenAnswer {
  access_token: string
  expires_in: number
  refresh_token?: string
  scope: string
  token_type: string
  id_token?: string
  refresh_token_expires_in?: number
}

/** Posts a form to the token endpoint. */
export async function postToken(
  sandbox: Sandbox,
  form: Record<string, string>,
  {
    address = 'oauth2.googleapis.com/token',
    headers = {},
  }: { address?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const body = new URLSearchParams(form)
  const response = await fetch(`${sandbox.origin}/${address}`, { method: 'POST', body, headers })
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  }
}

export const credentials = { client_id: DEFAULT_CLIENT.clientId, client_secret: DEFAULT_CLIENT.clientSecret }

/** The whole web flow for one person: sign in, consent, exchange. */
export async function obtainTokens(
  sandbox: Sandbox,
  person: string,
  change: Record<string, string | null> = {},
  client: { client_id: string; client_secret: string } = credentials,
): Promise<TokenAnswer> {
  const callback = await signIn(authorizationUrl(sandbox, { prompt: 'consent', ...change }), person)
  const { status, body } = await postToken(sandbox, {
    ...client,
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT,
  })
  if (status !== 200) throw new Error(`token endpoint: ${status} ${JSON.stringify(body)}`)
  return body as unknown as TokenAnswer
}

/**
 * What a person has in a configuration file: a refresh token granted outside the application, to another OAuth client unless
 * `client` names one.
 */
export async function grantedOutside(
  sandbox: Sandbox,
  person: string,
  client: { clientId: string; clientSecret: string } = FOREIGN_CLIENT,
  change: Record<string, string> = {},
): Promise<{ clientId: string; clientSecret: string; refreshToken: string }> {
  const { clientId, clientSecret } = client
  const own = { client_id: clientId, client_secret: clientSecret }
  const { refresh_token: refreshToken } = await obtainTokens(sandbox, person, { client_id: clientId, ...change }, own)
  return { clientId, clientSecret, refreshToken: String(refreshToken) }
}
