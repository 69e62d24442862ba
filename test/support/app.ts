import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { createContext } from '../../src/context.ts'
import { createLog } from '../../src/log.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { listen } from '../../src/server.ts'
import { BrowserSession, type Page } from './browser-session.ts'
import { press } from './forms.ts'
import { freePort } from './free-port.ts'
import { startFront } from './front.ts'
import { newPostgresDatabase } from './postgres.ts'

export const adwords = 'https://www.googleapis.com/auth/adwords'

export interface TestApp {
  url: string
  google: Sandbox
  /** Of SQLite; empty on PostgreSQL. */
  databaseFile: string
  databaseUrl: string
  /** Everything the application logged so far. */
  log(): string
  now: { value: () => Date }
  browser(): BrowserSession
  /** A browser in which the person of that label has connected (and thereby signed in). */
  connected(label: string): Promise<BrowserSession>
  /** What the application does once a minute by itself. */
  sweep(): Promise<void>
  /** A second instance on the same database with the same settings, behind a front at an address of its own. */
  twin(): Promise<Twin>
  /** Ends the application as SIGTERM would and starts it again on the same database; `meanwhile` while it is down. */
  restart(env?: Record<string, string>, meanwhile?: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface Twin {
  url: string
  /** The same person there: a browser with the same cookies. */
  as(browser: BrowserSession): BrowserSession
  sweep(): Promise<void>
  close(): Promise<void>
}

export interface TestAppOptions {
  database?: 'sqlite' | 'postgres'
  env?: Record<string, string>
  sandbox?: SandboxOptions
}

/** The application that ships, with a database of its own and the local Google, each on a free port. */
export async function startApp({ database = 'sqlite', env = {}, sandbox = {} }: TestAppOptions = {}): Promise<TestApp> {
  const google = await startSandbox(sandbox)
  const databaseFile = database === 'sqlite' ? join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keyring.db') : ''
  const databaseUrl = database === 'sqlite' ? `sqlite:${databaseFile}` : await newPostgresDatabase()
  const port = await freePort()
  let logged = ''
  const now = { value: () => new Date() }
  const settings: Record<string, string> = {
    PORT: String(port),
    GOOGLE_EMULATOR_HOST: google.host,
    GOOGLE_ADS_CLIENT_ID: DEFAULT_CLIENT.clientId,
    GOOGLE_ADS_CLIENT_SECRET: DEFAULT_CLIENT.clientSecret,
    DATABASE_URL: databaseUrl,
    TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
    SESSION_SECRETS: randomBytes(32).toString('base64url'),
    ADMIN_EMAILS: 'dagny.holm@northlight.example.com',
    ALLOWED_DOMAINS: 'northlight.example.com',
    LOG_LEVEL: 'debug',
    ...env,
  }
  let running = await start(settings)
  const url = `http://localhost:${port}`

  async function start(values: Record<string, string>) {
    const config = parseConfig(values)
    const log = createLog(config.logLevel, {
      write: line => {
        logged += line
      },
    })
    const context = await createContext(config, log, () => now.value())
    const { app, stop } = createApp(context)
    const server = await listen(app, config)
    return {
      sweep: context.sweep,
      async close() {
        stop()
        await server.close()
        await context.close()
      },
    }
  }

  return {
    url,
    google,
    databaseFile,
    databaseUrl,
    log: () => logged,
    now,
    browser: () => new BrowserSession(url),
    async connected(label) {
      const browser = new BrowserSession(url)
      const page = await followConsent(browser, await browser.get('/auth/start'), label)
      if (page.status !== 303) throw new Error(`connecting ${label} ended with ${page.status}`)
      return browser
    },
    sweep: () => running.sweep(),
    async twin() {
      const itsPort = await freePort()
      const itself = await start({ ...settings, PORT: String(itsPort), PUBLIC_URL: url })
      const front = await startFront(itsPort, url)
      return {
        url: front.url,
        as(browser) {
          const there = new BrowserSession(url, front.url)
          for (const [name, value] of browser.cookies()) there.setCookie(name, value)
          return there
        },
        sweep: itself.sweep,
        async close() {
          await front.close()
          await itself.close()
        },
      }
    },
    async restart(more = {}, meanwhile = async () => {}) {
      await running.close()
      // Where it does not start again, there is nothing to close.
      running = { ...running, close: async () => {} }
      await meanwhile()
      running = await start({ ...settings, ...more })
    },
    async close() {
      await running.close()
      await google.close()
    },
  }
}

/** From the answer of /auth/start through Google's pages to the answer of the callback, which is returned. */
export async function followConsent(
  browser: BrowserSession,
  started: Page,
  label: string,
  change: { decision?: 'allow' | 'cancel'; scopes?: string[] } = {},
): Promise<Page> {
  return browser.get(await callbackUrl(browser, started, label, change))
}

/** The same, stopping before the callback: the address Google sends the browser to. */
export async function callbackUrl(
  browser: BrowserSession,
  started: Page,
  label: string,
  { decision = 'allow', scopes }: { decision?: 'allow' | 'cancel'; scopes?: string[] } = {},
): Promise<string> {
  let page = started
  for (let steps = 0; steps < 8; steps++) {
    while (page.location !== null) {
      const next = new URL(page.location, page.url).href
      if (next.includes('/oauth2callback?')) return next
      page = await browser.get(next)
    }
    page = page.text.includes('name="decision"')
      ? await press(browser, page, { name: 'decision', value: decision }, scopes === undefined ? {} : { scope: scopes })
      : await press(browser, page, { name: 'person', value: label })
  }
  throw new Error(`no callback after ${page.url} (${page.status})`)
}
