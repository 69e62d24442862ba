import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { callbackUrl, startApp } from '../support/app.ts'
import type { Page } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

it('row 53: no secret leaves: not into a page, an address, a log line, or the database in clear', async () => {
  const tokenKeys = `k1:${Buffer.from('0123456789abcdef0123456789ABCDEF').toString('base64url')}`
  const sessionSecrets = 'the-session-secret-0123456789abcdef'
  const app = await startApp({ env: { TOKEN_KEYS: tokenKeys, SESSION_SECRETS: sessionSecrets, LOG_LEVEL: 'trace' } })
  const browser = app.browser()
  const url = new URL(await callbackUrl(browser, await browser.get('/auth/start'), 'U2'))
  const pages: Page[] = [await browser.get(url.href)]
  const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
  const id = connections[0].id as string
  const root = app.google.scenario.accounts.find(account => account.label === 'M2')?.id
  const visit = async (path: string) => pages.push(await browser.get(path))
  for (const path of ['/accounts', '/connections', `/connections/${id}`, '/setup', '/', '/nowhere']) await visit(path)
  for (const path of ['', '?view=picture', `/${root}`]) await visit(`/connections/${id}/accounts/${root}${path}`)
  for (const path of ['me', 'connections', `connections/${id}/customers`]) await visit(`/api/v1/${path}`)

  // Every way of failing that carries a secret on our side.
  pages.push(await browser.get(url.href))
  for (const effect of [
    { kind: 'status', status: 500 },
    { kind: 'html' },
    { kind: 'reset' },
    { kind: 'oauth_error', status: 400, error: 'invalid_grant', error_description: 'Bad Request' },
  ] as const) {
    app.google.control.addFault({ match: { host: 'oauth2.googleapis.com' }, effect })
    const again = app.browser()
    pages.push(await again.get(await callbackUrl(again, await again.get('/auth/start'), 'U1')))
    app.google.control.clearFaults()
    app.google.control.addFault({ match: { host: 'googleads.googleapis.com' }, effect })
    await visit(`/api/v1/connections/${id}/customers?refresh=1`)
    app.google.control.clearFaults()
  }

  const database = openSqlite(app.databaseFile, { readOnly: true })
  const row = database.prepare('select credential, access_token, version from connections').get() as {
    credential: string
    access_token: string
    version: number
  }
  database.close()
  const vault = createVault(parseTokenKeys(tokenKeys).ring)
  const refreshToken = await vault.open(row.credential, {
    purpose: 'refresh-token',
    context: `connections/${id}/credential/${row.version}`,
  })
  const accessToken = await vault.open(row.access_token, {
    purpose: 'access-token',
    context: `connections/${id}/access_token/${row.version}`,
  })
  const secrets = {
    refreshToken,
    accessToken,
    code: url.searchParams.get('code') ?? '',
    state: url.searchParams.get('state') ?? '',
    clientSecret: 'sandbox-client-secret',
    tokenKey: tokenKeys.slice(3),
    sessionSecrets,
    sessionId: decodeURIComponent(browser.cookies().get('sid') ?? '').slice(2, 34),
  }
  await app.close()
  const folder = dirname(app.databaseFile)
  const databaseFiles = readdirSync(folder)
    .filter(name => name.startsWith(basename(app.databaseFile)))
    .map(name => readFileSync(join(folder, name)))

  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, name).toBeGreaterThan(16)
    for (const page of pages) {
      expect(page.text, `${name} on ${page.url}`).not.toContain(secret)
      expect(page.location ?? '', `${name} in where ${page.url} leads`).not.toContain(encodeURIComponent(secret))
    }
    expect(app.log(), `${name} in the log`).not.toContain(secret)
    for (const file of databaseFiles) expect(file.includes(secret), `${name} in the database file`).toBe(false)
  }
})
