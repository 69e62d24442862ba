import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { BrowserSession, type Page } from './browser-session.ts'
import { press } from './forms.ts'

/** Runs the built `ads-keyring` as a person in a terminal would, against the local Google. */
export function runCommand(google: Sandbox, ...args: string[]) {
  return runCommandWith({}, google, ...args)
}

/** The same with further variables in its environment. */
export function runCommandWith(env: Record<string, string>, google: Sandbox, ...args: string[]) {
  const child = spawn(process.execPath, [new URL('../../dist/cli/main.js', import.meta.url).pathname, ...args], {
    env: { PATH: process.env.PATH ?? '', GOOGLE_EMULATOR_HOST: google.host, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...text }))
  const printed = new Promise<string>((resolve, reject) => {
    for (const name of ['out', 'err'] as const) {
      child[`std${name}`].on('data', chunk => {
        text[name] += chunk
        const [address] = /^http.*\/auth\?.*(?=\n)/m.exec(text[name]) ?? []
        if (address) resolve(address)
      })
    }
    ended.then(end => reject(new Error(`no address before the end: ${JSON.stringify(end)}`)))
  })
  // Most commands print no address, and nobody waits for one.
  printed.catch(() => {})
  const url = () => printed
  return { ended, url, stop: () => child.kill() }
}

/** Through Google's pages to the address it sends the browser to. */
export async function consentInBrowser(
  google: Sandbox,
  url: string,
  {
    label = 'U1',
    decision = 'allow',
    scopes,
  }: { label?: string; decision?: 'allow' | 'cancel'; scopes?: string[] } = {},
): Promise<string> {
  const browser = new BrowserSession(google.origin)
  let page: Page = await browser.get(url)
  for (let steps = 0; steps < 8; steps++) {
    while (page.location !== null) {
      const next = new URL(page.location, page.url).href
      if (!next.startsWith(google.origin)) return next
      page = await browser.get(next)
    }
    page = page.text.includes('name="decision"')
      ? await press(browser, page, { name: 'decision', value: decision }, scopes === undefined ? {} : { scope: scopes })
      : await press(browser, page, { name: 'person', value: label })
  }
  throw new Error(`no redirect after ${page.url}`)
}
