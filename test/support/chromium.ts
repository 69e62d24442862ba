import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import sparticuz from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { demand } from './demand.ts'
import { patienceMs } from './patience.ts'

const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real Chromium: the one installed here, else the one that comes with npm. Never skips. */
export async function launchChromium(): Promise<Browser> {
  // Unpacked once, before several test files want it at the same time.
  await demand('browser')
  return launchHere()
}

/** The same, unpacking what has to be unpacked. */
export async function launchHere(): Promise<Browser> {
  const executablePath =
    process.env.CHROMIUM_PATH ?? installed.find(path => existsSync(path)) ?? (await sparticuz.executablePath())
  try {
    return await chromium.launch({ executablePath, args })
  } catch (error) {
    if (!/shared libraries/.test(String(error))) throw error
    return chromium.launch({ executablePath, args, env: { ...process.env, LD_LIBRARY_PATH: bundledLibraries() } })
  }
}

/** A minimal machine lacks some of Chromium's libraries (NSS); the npm package carries them, but unpacks them elsewhere only. */
function bundledLibraries(): string {
  const folder = join(tmpdir(), 'keyring-chromium-libraries')
  if (!existsSync(join(folder, 'lib'))) {
    mkdirSync(folder, { recursive: true })
    const main = createRequire(import.meta.url).resolve('@sparticuz/chromium')
    const tar = join(folder, 'libraries.tar')
    writeFileSync(tar, brotliDecompressSync(readFileSync(join(main, '../../../bin/al2023.tar.br'))))
    execFileSync('tar', ['-xf', tar, '-C', folder])
  }
  return join(folder, 'lib')
}

type ContextOptions = Parameters<Browser['newContext']>[0]

/** An empty page in a browser context of its own, as wide as a laptop's window. */
export async function openPage(chromium: Browser, options: ContextOptions = {}): Promise<Page> {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(patienceMs)
  return context.newPage()
}

/** A page of its own in which the person of that label has connected (and thereby signed in). */
export async function connectedPage(
  chromium: Browser,
  url: string,
  label: string,
  options: ContextOptions = {},
): Promise<Page> {
  const page = await openPage(chromium, options)
  await page.goto(`${url}/auth/start`)
  await page.locator(`button[name="person"][value="${label}"]`).click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')
  return page
}
