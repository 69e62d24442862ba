import { load } from 'cheerio'
import { Authenticator, type Bent, type PasskeyOptions } from './authenticator.ts'
import type { BrowserSession, Page } from './browser-session.ts'

/** What the script of our pages does, over HTTP: asks for a challenge, has the device answer, sends the form along. */
export async function addPasskey(
  browser: BrowserSession,
  key = new Authenticator(),
  { name = 'Laptop', ...bent }: Bent & { name?: string } = {},
): Promise<Authenticator> {
  const page = await tryToAddPasskey(browser, key, { name, ...bent })
  if (page.status >= 400) throw new Error(`no passkey: ${page.status} ${load(page.text)('h1').text()}`)
  return key
}

/** The same, whatever comes of it. */
export async function tryToAddPasskey(
  browser: BrowserSession,
  key: Authenticator,
  { name = 'Laptop', ...bent }: Bent & { name?: string } = {},
): Promise<Page> {
  const page = await browser.post('/self/passkeys/challenge')
  if (page.status !== 200) return page
  const answer = key.create(JSON.parse(page.text) as PasskeyOptions, new URL(page.url).origin, bent)
  return browser.post('/self/passkeys', { name, confirm_answer: answer })
}

export async function challenge(browser: BrowserSession): Promise<PasskeyOptions> {
  return JSON.parse((await browser.post('/confirm/challenge')).text)
}

/** Confirms on a page that asks for it, and goes where the browser would: to the step itself, with its form. */
export async function confirmOn(
  browser: BrowserSession,
  page: Page,
  key: Authenticator,
  bent: Bent = {},
): Promise<Page> {
  const options = await challenge(browser)
  return sendConfirmation(browser, page, { confirm_answer: key.get(options, new URL(page.url).origin, bent) })
}

/** Sends the form of such a page with what proves it: an answer of a passkey, or a recovery code. */
export async function sendConfirmation(
  browser: BrowserSession,
  page: Page,
  proof: { confirm_answer: string } | { confirm_code: string },
): Promise<Page> {
  const form = load(page.text)('form[action="/confirm"]').first()
  if (form.length === 0) throw new Error(`nothing to confirm on ${page.url} (${page.status})`)
  const fields: Record<string, string[]> = {}
  for (const { name, value } of form.serializeArray()) fields[name] = [...(fields[name] ?? []), value]
  const sent = { ...fields, ...proof }
  const answer = await browser.post('/confirm', sent)
  if (answer.location === null) return answer
  return answer.status === 307 ? browser.post(answer.location, sent) : browser.get(answer.location)
}
