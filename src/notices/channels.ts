import type { Now } from '../clock.ts'
import type { Config } from '../config.ts'
import { createHttp } from '../google/http.ts'
import { createMailer } from './mail.ts'
import type { Channel } from './notice.ts'
import type { Send } from './notices.ts'
import { createWebhook } from './webhook.ts'

/** How notices are sent, by each channel that the settings name. */
export function noticeChannels(
  { mail, publicUrl, webhook }: Config,
  now: Now,
  checkpoint: () => string,
): Partial<Record<Channel, Send>> {
  const http = webhook && createHttp(new Set([new URL(webhook.url).origin]))
  return {
    ...(mail && { email: createMailer(mail, publicUrl) }),
    ...(webhook && http && { webhook: createWebhook(webhook, http, now, checkpoint) }),
  }
}
