import { createTransport } from 'nodemailer'
import type { MailSettings } from '../config.ts'
import { en } from '../messages/en.ts'
import { DeliveryError } from './notice.ts'
import type { Delivery } from './outbox.ts'

const stepMs = 10_000

/** Sends a notice to its recipient as plain text. Throws DeliveryError. */
export function createMailer({ host, port, implicitTls, loopback, auth, from }: MailSettings, publicUrl: string) {
  const transport = createTransport({
    host,
    port,
    secure: implicitTls,
    // A relay on this machine may have no certificate; across a network nothing goes out in clear.
    ...(loopback ? { ignoreTLS: !implicitTls } : { requireTLS: !implicitTls }),
    ...(auth && { auth }),
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  return async ({ id, recipient, notice }: Delivery): Promise<void> => {
    const message = {
      from,
      to: recipient,
      subject: en.notices.subject(notice),
      text: en.notices.text(notice, publicUrl),
      messageId: `<${id}@${new URL(publicUrl).hostname}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    }
    await transport.sendMail(message).catch(error => {
      throw new DeliveryError(`the mail server refused or failed (${codesOf(error)})`)
    })
  }
}

/** Only the codes: what the server wrote may quote the login. */
function codesOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  const known = [code, responseCode].filter(each => typeof each === 'string' || typeof each === 'number')
  return known.join(' ') || 'no code'
}
