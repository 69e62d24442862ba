import type { Config } from '../../config.ts'
import type { Messages } from '../../messages/en.ts'
import type { DeliveryTrouble } from '../../notices/outbox.ts'

/** How owners are told outside the pages, and what did not arrive. */
export interface NoticesLocals {
  channels: { label: string; text: string }[]
  trouble: { failed: string | null; waiting: string | null; lastError: string | null } | null
}

export function presentNotices(
  { mail, webhook }: Pick<Config, 'mail' | 'webhook'>,
  { failed, waiting, lastError }: DeliveryTrouble,
  t: Messages,
): NoticesLocals {
  const words = t.notices
  return {
    channels: [
      { label: words.fields.email, text: mail ? words.from(mail.from) : words.off('SMTP_URL') },
      {
        label: words.fields.webhook,
        text: webhook ? words.signed(new URL(webhook.url).host) : words.off('WEBHOOK_URL'),
      },
    ],
    trouble:
      failed + waiting === 0
        ? null
        : {
            failed: failed > 0 ? words.failed(failed) : null,
            waiting: waiting > 0 ? words.waiting(waiting) : null,
            lastError: lastError && words.lastError(lastError),
          },
  }
}
