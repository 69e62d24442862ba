import type { Messages } from '../../messages/en.ts'

/** In this order: browsers name their ancestors too. */
const browsers: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|HeadlessChrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const systems: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** A User-Agent header as people say it: `Chrome on macOS`. */
export function browserName(userAgent: string | null, t: Messages): string {
  if (!userAgent) return t.self.sessions.browserUnknown
  const nameIn = (table: [RegExp, string][]) => table.find(([form]) => form.test(userAgent))?.[1]
  const [browser, system] = [nameIn(browsers), nameIn(systems)]
  if (browser && system) return t.self.sessions.browser(browser, system)
  return browser ?? system ?? /^[\w.-]{1,40}/.exec(userAgent)?.[0] ?? t.self.sessions.browserUnknown
}
