import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { freePort } from './free-port.ts'

/** What a server needs to start against this Google, with a database and keys of its own, on a free port. */
export async function serverSettings(googleHost: string): Promise<Record<string, string>> {
  return {
    PORT: String(await freePort()),
    GOOGLE_EMULATOR_HOST: googleHost,
    GOOGLE_ADS_CLIENT_ID: DEFAULT_CLIENT.clientId,
    GOOGLE_ADS_CLIENT_SECRET: DEFAULT_CLIENT.clientSecret,
    DATABASE_URL: `sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keyring.db')}`,
    TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
    SESSION_SECRETS: randomBytes(32).toString('base64url'),
    ALLOWED_DOMAINS: 'northlight.example.com',
  }
}

/** The file behind `sqlite:PATH`. */
export const databaseFileOf = (env: Record<string, string>) => (env.DATABASE_URL ?? '').replace('sqlite:', '')

export interface ServerProcess {
  child: ChildProcess
  output(): string
  /** Resolves with the exit code once the process is gone; null after a signal. */
  exited: Promise<number | null>
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts the built server as `npm start` does; resolves once it says it is ready, rejects when it ends before. `begun`
 * gets the process at once.
 */
export async function startServerProcess(
  env: Record<string, string>,
  begun: (child: ChildProcess) => void = () => {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [new URL('../../dist/main.js', import.meta.url).pathname], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  begun(child)
  let output = ''
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (output.includes('Ads Keyring is ready')) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    exited.then(code => reject(new Error(`the server ended with ${code}: ${output}`)))
  })
  await ready
  return {
    child,
    output: () => output,
    exited,
    kill(signal) {
      child.kill(signal)
      return exited
    },
  }
}
