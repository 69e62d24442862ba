import './no-debugger.ts'
import { existsSync } from 'node:fs'
import { createAudit } from './audit/audit.ts'
import { ConfigError, keySettingsOf } from './config.ts'
import { DatabaseError, openDatabase } from './db/database.ts'
import { isAppError } from './errors.ts'
import { en } from './messages/en.ts'
import { aside, out } from './terminal.ts'
import { checkGivenKeys, KeyCheckError } from './vault/key-check.ts'
import { createVault } from './vault/vault.ts'

const exitCodes = { intact: 0, broken: 1, notVerified: 2 }
const words = en.audit.command

/** `npm run audit -- verify`, beside a running server or on a copy of the database. Resolves with the exit code. */
async function main(args: string[]): Promise<number> {
  if (args.length !== 1 || args[0] !== 'verify') return failed(words.usage)
  const { databaseUrl, tokenKeys } = keySettingsOf(process.env)
  const path = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice(7) : null
  // Opening would create it, and an empty trail is intact.
  if (path !== null && !existsSync(path)) return failed(words.noDatabase(path))
  const db = await openDatabase(databaseUrl)
  try {
    const vault = createVault(tokenKeys)
    await checkGivenKeys(db, vault)
    const verdict = await (await createAudit(db, vault, () => new Date())).verify()
    out.line(en.audit.verdict(verdict))
    return verdict.intact ? exitCodes.intact : exitCodes.broken
  } finally {
    await db.destroy()
  }
}

function failed(text: string): number {
  aside.text(text)
  return exitCodes.notVerified
}

function describe(error: unknown): string {
  const expected = [ConfigError, KeyCheckError, DatabaseError].some(kind => error instanceof kind)
  if (error instanceof Error && expected) return error.message
  if (isAppError(error, 'vault_open_failed')) return words.keyMissing
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.exitCode = failed(`${words.failed}\n${describe(error)}`)
  },
)
