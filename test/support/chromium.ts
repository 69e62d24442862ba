import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import sparticuz from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'

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

/** A page of its own in which the person of that label has connected (and thereby signed in). */
export async function connectedPage(
  chromium: Browser,
  url: string,
  label: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  await page.goto(`${url}/auth/start`)
  await page.locator(`button[name="person"][value="${label}"]`).click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')
  return page
}
