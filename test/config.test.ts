import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../src/config.ts'

const enough = {
  GOOGLE_ADS_CLIENT_ID: 'id.apps.googleusercontent.com',
  GOOGLE_ADS_CLIENT_SECRET: 'a-secret',
  TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
  SESSION_SECRETS: randomBytes(32).toString('base64'),
  ADMIN_EMAILS: 'Admin@Example.com',
}

function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    parseConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

function clientFile(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'keyring-')), 'client.json')
  writeFileSync(path, content)
  return path
}

describe('the settings', () => {
  it('need only what .env.example marks, and have the documented defaults', () => {
    expect(parseConfig(enough)).toMatchObject({
      production: true,
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      redirectUri: 'http://localhost:3000/oauth2callback',
      adsApiVersion: 'v25',
      databaseUrl: 'sqlite:./data/keyring.db',
      trustProxy: 0,
      googleEmulatorHost: null,
      adminEmails: new Set(['admin@example.com']),
    })
  })

  it('report every problem at once, each with its name', () => {
    const problems = problemsOf({ PORT: 'x', PUBLIC_URL: 'http://keyring.example.com', DATABASE_URL: 'mysql://x' })
    for (const name of [
      'PORT',
      'PUBLIC_URL',
      'DATABASE_URL',
      'TOKEN_KEYS',
      'GOOGLE_CLIENT_SECRETS_PATH',
      'ADMIN_EMAILS',
    ]) {
      expect(problems.join('\n')).toContain(name)
    }
  })

  it('take the downloaded client secrets file as it is', () => {
    const web = {
      client_id: 'x.apps.googleusercontent.com',
      project_id: 'p',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
      client_secret: 'the-secret',
      redirect_uris: ['http://localhost:3000/oauth2callback'],
    }
    const env = { ...enough, GOOGLE_CLIENT_SECRETS_PATH: clientFile(JSON.stringify({ web })) }
    expect(parseConfig(env).oauthClient).toEqual({
      clientId: 'x.apps.googleusercontent.com',
      clientSecret: 'the-secret',
      source: 'file',
      registeredRedirectUris: ['http://localhost:3000/oauth2callback'],
    })
  })

  it.each([
    ['a desktop client', '{"installed":{"client_id":"a","client_secret":"b"}}', /type "Desktop app"/],
    ['something else', '{"type":"service_account"}', /not the JSON of an OAuth client/],
    ['no JSON', 'client_id=a', /not JSON/],
  ])('say what is wrong with a client secrets file that is %s', (_name, content, expected) => {
    const problems = problemsOf({ ...enough, GOOGLE_CLIENT_SECRETS_PATH: clientFile(content) })
    expect(problems.join('\n')).toMatch(expected)
  })

  it('refuse a stand-in for Google on another machine in production', () => {
    expect(problemsOf({ ...enough, GOOGLE_EMULATOR_HOST: 'google.example.com:80' }).join()).toContain(
      'GOOGLE_EMULATOR_HOST',
    )
    expect(problemsOf({ ...enough, GOOGLE_EMULATOR_HOST: '127.0.0.1:3001' })).toEqual([])
  })

  it('never repeat a secret in a problem', () => {
    const problems = problemsOf({ ...enough, TOKEN_KEYS: 'k1:c2hvcnQ', SESSION_SECRETS: 'too-short-secret' })
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toMatch(/c2hvcnQ|too-short-secret/)
  })

  it('are all in .env.example', () => {
    const listed = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').match(/^[A-Z_]+(?==)/gm)
    const source = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8')
    const read = new Set([...source.matchAll(/'([A-Z]{2,}[A-Z_]+)'/g)].map(match => match[1]))
    expect(new Set(listed)).toEqual(read)
  })
})
