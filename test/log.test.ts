import { describe, expect, it } from 'vitest'
import { AppError } from '../src/errors.ts'
import { createLog } from '../src/log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  const destination = {
    write: (line: string) => {
      text += line
    },
  }
  write(createLog('trace', destination))
  return text
}

describe('the log', () => {
  it('writes one JSON object a line, with level, time and message', () => {
    const line = logged(log => log.info({ status: 200 }, 'request'))
    expect(JSON.parse(line)).toMatchObject({ level: 'info', status: 200, msg: 'request' })
  })

  it('cannot print what is named or shaped like a secret', () => {
    const secrets = [
      ['access', 'ya29.a0AfH6SMBx-secret_value'],
      ['refresh', '1//0gabcdefGHIJ-klmnop'],
      ['code', '4/0AX4XfWh-abcdef_ghij'],
      ['client', 'GOCSPX-abcdefghijklmnop'],
      ['jwt', `eyJhbGciOiJkaXIi.${'x'.repeat(20)}.abc`],
      ['pem', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'],
    ] as const
    for (const [name, value] of secrets) {
      const line = logged(log => log.info({ anything: `before ${value} after` }, `message ${value}`))
      expect(line, name).not.toContain(value.slice(6, 16))
      expect(() => JSON.parse(line), name).not.toThrow()
    }
    const line = logged(log => log.info({ refresh_token: 'x-y-z', client_secret: 'p-q-r', codeVerifier: 'v-w' }, ''))
    expect(line).not.toMatch(/x-y-z|p-q-r|v-w/)
  })

  it('describes an error and its causes without what hangs on them', () => {
    const cause = Object.assign(new Error('inner'), { config: { body: 'client_secret=zzz' }, code: 'ECONNRESET' })
    const entry = JSON.parse(logged(log => log.warn({ err: new AppError('google_unreachable', { cause }) }, 'x')))
    expect(entry.err).toMatchObject({ code: 'google_unreachable', cause: { message: 'inner', code: 'ECONNRESET' } })
    expect(JSON.stringify(entry)).not.toContain('zzz')
  })
})
