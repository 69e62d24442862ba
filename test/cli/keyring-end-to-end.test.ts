import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { consentInBrowser, runCommandWith } from '../support/command.ts'
import { press } from '../support/forms.ts'
import { desktopClient } from './credentials.ts'

let app: TestApp
let dagny: BrowserSession
beforeAll(async () => {
  app = await startApp()
  dagny = await app.connected('ADMIN')
})
afterAll(() => app.close())

/** The desktop flow in a terminal, the consent in a browser, the running server at the other end. */
async function handOver(label: string, args: string[], env: Record<string, string> = {}) {
  const command = runCommandWith(env, app.google, 'generate-user-credentials', '-c', desktopClient(), ...args)
  const page = await fetch(await consentInBrowser(app.google, await command.url(), { label }))
  return { ...(await command.ended), page: await page.text() }
}

async function fresh(button: string, fields: Record<string, string[]> = {}): Promise<string> {
  const page = await press(dagny, await dagny.get('/self'), { text: button }, fields)
  return load(page.text)('[data-fresh]').first().text()
}

const connections = async () => JSON.parse((await dagny.get('/api/v1/connections')).text).connections

describe('a credential from a terminal', () => {
  it('goes into the vault by the command line the page gives, once', async () => {
    const line = await fresh('Make a code')
    const code = / --code (\S+)/.exec(line)?.[1] ?? ''
    expect(line).toContain(`--keyring ${app.url}`)
    const first = await handOver('U3', ['--keyring', app.url, '--code', code])
    expect(first).toMatchObject({ code: 0 })
    expect(first.out + first.err + first.page).not.toContain('1//0')
    const made = (await connections()).find((each: { email: string }) => each.email.startsWith('mei'))
    expect(made).toMatchObject({ status: 'active', owner: { email: 'dagny.holm@northlight.example.com' } })
    const { customers } = JSON.parse((await dagny.get(`/api/v1/connections/${made.id}/customers`)).text)
    expect(customers).toHaveLength(1)

    const again = await handOver('ODD', ['--keyring', app.url, '--code', code])
    expect(again.code).toBe(13)
    expect(again.err).toContain('was used already')
    expect((await connections()).map((each: { email: string }) => each.email).join()).not.toContain('rafael')
  })

  it('goes in with an API key made for it, and not with another', async () => {
    const other = await fresh('Make the key', { name: ['Reading'], scopes: ['read'] })
    const refused = await handOver('ODD', ['--keyring', app.url], { ADS_KEYRING_API_KEY: other })
    expect(refused).toMatchObject({ code: 13 })
    const key = await fresh('Make the key', { name: ['Hand-over'], scopes: ['connect'] })
    expect(await handOver('ODD', ['--keyring', app.url], { ADS_KEYRING_API_KEY: key })).toMatchObject({ code: 0 })
    expect((await connections()).map((each: { email: string }) => each.email).join()).toContain('rafael')
  })
})
