import { load } from 'cheerio'
import type { BrowserSession, Page } from './browser-session.ts'

/** Presses a button (by name and value, or by its text) as a browser would: with everything its form holds. */
export async function press(
  browser: BrowserSession,
  page: Page,
  button: { name: string; value: string } | { text: string },
  change: Record<string, string[]> = {},
): Promise<Page> {
  const $ = load(page.text)
  const found =
    'text' in button
      ? $('button').filter((_, element) => $(element).text().trim().replace(/\s+/g, ' ') === button.text)
      : $(`button[name="${button.name}"][value="${button.value}"]`)
  const form = found.first().closest('form')
  if (form.length === 0) throw new Error(`no button ${JSON.stringify(button)} on ${page.url} (${page.status})`)
  const fields: Record<string, string[]> = {}
  for (const { name, value } of form.serializeArray()) fields[name] = [...(fields[name] ?? []), value]
  const [name, value] = [found.attr('name'), found.attr('value')]
  if (name !== undefined) fields[name] = [value ?? '']
  Object.assign(fields, change)
  const action = new URL(form.attr('action') ?? page.url, page.url).href
  if ((form.attr('method') ?? 'get').toLowerCase() === 'post') return browser.post(action, fields)
  return browser.get(
    `${action}?${new URLSearchParams(Object.entries(fields).flatMap(([key, all]) => all.map((each): [string, string] => [key, each])))}`,
  )
}
