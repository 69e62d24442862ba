import './no-debugger.ts'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isLoopback, publicUrlOf } from './config.ts'
import { isAppError } from './errors.ts'
import { googleEndpoints } from './google/endpoints.ts'
import { createHttp } from './google/http.ts'
import { createSecurityStream } from './google/security-stream.ts'
import { parseServiceAccountKey } from './google/service-account.ts'
import { en } from './messages/en.ts'
import { aside, out } from './terminal.ts'

const t = en.securityEvents

/** `npm run security-events -- register|status|verify|disable --key-file FILE`: Google's side of the receiver. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { 'key-file': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  })
  const [command] = positionals
  const keyFile = values['key-file']
  if (values.help || keyFile === undefined || !['register', 'status', 'verify', 'disable'].includes(command ?? '')) {
    process.exitCode = values.help ? 0 : 2
    return out.text(t.help)
  }
  const publicUrl = publicUrlOf(process.env)
  const emulator = process.env.GOOGLE_EMULATOR_HOST?.trim() || null
  const endpoints = googleEndpoints(emulator)
  const http = createHttp(endpoints.allowedOrigins)
  const key = parseServiceAccountKey(read(keyFile))
  const stream = createSecurityStream(key, { http, endpoints, now: () => new Date() })
  const receiver = `${publicUrl}/security-events`
  switch (command) {
    case 'register': {
      const { protocol, hostname } = new URL(publicUrl)
      if (protocol !== 'https:' && !(emulator && isLoopback(hostname))) throw new Failure(t.needsHttps(publicUrl))
      await stream.register(receiver)
      await stream.verify()
      return out.line(t.registered(receiver))
    }
    case 'status': {
      const found = await stream.read()
      return out.line(found ? t.status(found.receiver, found.enabled) : t.nothing)
    }
    case 'verify':
      await stream.verify()
      return out.line(t.asked)
    default:
      await stream.disable()
      return out.line(t.disabled)
  }
}

/** Told to the person in one sentence. */
class Failure extends Error {}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(t.unreadable(path, (error as NodeJS.ErrnoException).code ?? ''))
  }
}

main().catch((error: unknown) => {
  process.exitCode = 1
  if (error instanceof Failure) return aside.line(error.message)
  if (!isAppError(error)) return aside.text(error instanceof Error ? (error.stack ?? error.message) : 'unknown failure')
  const { title, whatHappened } = en.errors[error.code]
  const google = error.google ? ` (${error.google.code ?? error.google.status}: ${error.google.message})` : ''
  aside.line(`${title}. ${whatHappened(error.params)}${google}`)
})
