import './no-debugger.ts'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { startSandbox } from './sandbox/sandbox.ts'
import { DEFAULT_CLIENT } from './sandbox/scenarios/default-client.ts'
import { stopSignal } from './server.ts'
import { aside, out, visible } from './terminal.ts'

const folder = 'data'
const settingsFile = `${folder}/demo-settings.json`

/** `npm run demo`: a local Google, and beside it the server exactly as it runs in production, with settings of its own. */
async function demo(): Promise<void> {
  const port = process.env.PORT ?? '3000'
  const url = process.env.PUBLIC_URL ?? `http://localhost:${port}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const google = await startSandbox({
    port: Number(process.env.SANDBOX_PORT ?? 3001),
    stateFile: `${folder}/demo-google.json`,
    securityEventsUrl: `${url}/security-events`,
  })
  const server = spawn(process.execPath, [new URL('./main.js', import.meta.url).pathname], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PORT: port,
      PUBLIC_URL: url,
      GOOGLE_EMULATOR_HOST: google.host,
      GOOGLE_ADS_CLIENT_ID: DEFAULT_CLIENT.clientId,
      GOOGLE_ADS_CLIENT_SECRET: DEFAULT_CLIENT.clientSecret,
      DATABASE_URL: process.env.DATABASE_URL ?? `sqlite:./${folder}/demo.db`,
      ADMIN_EMAILS: 'dagny.holm@northlight.example.com',
      ALLOWED_DOMAINS: 'northlight.example.com',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
      ...ownSettings(),
    },
  })
  const ended = new Promise<number>(resolve => server.once('exit', code => resolve(code ?? 0)))

  if (await isReady(url, server)) out.text(`\n  Ads Keyring is ready: ${visible(url)}\n`)
  const signal = await Promise.race([stopSignal(), ended])
  if (typeof signal === 'string') server.kill(signal)
  process.exitCode = await ended
  await google.close()
}

/** Keys made once and kept, so that a demo started again still opens what it stored. */
function ownSettings(): Record<string, string> {
  if (!existsSync(settingsFile)) {
    const settings = {
      TOKEN_KEYS: `demo:${randomBytes(32).toString('base64url')}`,
      SESSION_SECRETS: randomBytes(32).toString('base64url'),
    }
    writeFileSync(settingsFile, JSON.stringify(settings), { mode: 0o600 })
  }
  return JSON.parse(readFileSync(settingsFile, 'utf8')) as Record<string, string>
}

async function isReady(url: string, server: ChildProcess): Promise<boolean> {
  while (server.exitCode === null && server.signalCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return true
    await delay(100)
  }
  return false
}

demo().catch((error: unknown) => {
  const { code, port } = error as { code?: string; port?: number }
  const busy =
    code === 'EADDRINUSE' && `Port ${port} is in use. Set PORT and SANDBOX_PORT to free ones, or stop what uses it.`
  aside.text(busy || (error instanceof Error && error.stack) || 'The demo could not start.')
  process.exitCode = 1
})
