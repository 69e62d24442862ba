import { launchChromium } from './chromium.ts'

/** Unpacks the browser once, before several test files want it at the same time. */
export default async function prepareBrowser(): Promise<void> {
  const browser = await launchChromium()
  await browser.close()
}
