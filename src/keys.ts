import './no-debugger.ts'
import { existsSync } from 'node:fs'
import type { Actor } from './audit/actor.ts'
import { createAudit } from './audit/audit.ts'
import { keyTrail } from './audit/key-trail.ts'
import { TrailLostError } from './audit/trail.ts'
import { ConfigError, keySettingsOf } from './config.ts'
import { DatabaseError, openDatabase } from './db/database.ts'
import { AppError } from './errors.ts'
import { en } from './messages/en.ts'
import { sealedColumns } from './sealed-columns.ts'
import { aside, out } from './terminal.ts'
import { checkGivenKeys, KeyCheckError } from './vault/key-check.ts'
import { newTokenKey } from './vault/key-ring.ts'
import { createRotation, type KeyState, type KeyTrail, type Progress, type Rotation } from './vault/rotation.ts'
import { createVault } from './vault/vault.ts'

const exitCodes = { done: 0, unexpected: 1, usage: 2, settings: 3, unfit: 4, unsound: 5, refused: 6 }
const words = en.keys.command
const actor: Actor = { kind: 'system', id: null, name: null, via: 'command', viaId: null, requestId: null }
const now = () => new Date()

class UsageError extends Error {}

/** `npm run keys -- COMMAND`, beside a running server or without one. Resolves with the exit code. */
async function main([command, kid, ...rest]: string[]): Promise<number> {
  if (command === undefined || command === '--help' || command === '-h') return say(...words.help.split('\n'))
  if (rest.length > 0 || (kid !== undefined && command !== 'retire')) throw new UsageError(words.tooMany)
  if (command === 'add') return add()
  if (command === 'list') return withKeys(async ({ rotation }) => say(...(await rotation.list()).map(line)))
  if (command === 'verify') return withKeys(({ rotation }) => verify(rotation))
  if (command === 'rotate') return withKeys(async ({ rotation, trail }) => rotate(rotation, await trail()))
  if (command !== 'retire') throw new UsageError(words.unknown(command))
  if (kid === undefined) throw new UsageError(words.kidMissing)
  return withKeys(async ({ rotation, trail }) => retire(rotation, await trail(), kid))
}

interface Keys {
  rotation: Rotation
  trail(): Promise<KeyTrail>
}

async function withKeys(work: (keys: Keys) => Promise<number>): Promise<number> {
  const { databaseUrl, tokenKeys } = keySettingsOf(process.env)
  const path = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice(7) : null
  // Opening would create it, and an empty database finds every key in order.
  if (path !== null && !existsSync(path)) throw new ConfigError([words.noDatabase(path)])
  const db = await openDatabase(databaseUrl)
  try {
    const vault = createVault(tokenKeys)
    const rotation = createRotation({ db, vault, columns: sealedColumns, now })
    const trail = async () => {
      // A wrong key is better named than met.
      await checkGivenKeys(db, vault)
      return keyTrail(await createAudit(db, vault, now), actor)
    }
    return await work({ rotation, trail })
  } finally {
    await db.destroy()
  }
}

function add(): number {
  const { kid, entry } = newTokenKey(now())
  aside.text(words.added(kid))
  return say(entry)
}

function line({ kid, state, since, retiredAt, counts }: KeyState): string {
  const holdings = [...counts].map(([name, count]) => en.keys.holdings[name]?.(count) ?? `${count} ${name}`)
  const dates = [
    since?.slice(0, 10) ?? '-'.repeat(10),
    ...(retiredAt ? [`${en.keys.retiredOn} ${retiredAt.slice(0, 10)}`] : []),
  ]
  return [kid.padEnd(20), en.keys.states[state].padEnd(10), ...dates, holdings.join(', ') || en.keys.nothing].join('  ')
}

async function verify(rotation: Rotation): Promise<number> {
  const { keys, opened, sound } = await rotation.verify()
  for (const key of keys) {
    say(words.opened(key.kid, key.known, key.opened, key.failed.length))
    for (const { column, row } of key.failed) say(words.failedRow(`${column} ${row}`))
  }
  if (sound)
    return say(
      keys.some(key => key.failed.length > 0) ? en.keys.verification.passing : en.keys.verification.sound(opened),
    )
  say(words.unsound)
  return exitCodes.unsound
}

async function rotate(rotation: Rotation, trail: KeyTrail): Promise<number> {
  const stop = () => rotation.close()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const { to, from, resealed, left, interrupted } = await rotation.rotate(trail, tellTenths())
  say(en.keys.rotation.done(resealed, to))
  for (const { kid, count } of left) say(words.leftWith(kid, count))
  if (interrupted) say(words.interrupted)
  else if (left.length > 0) say(en.keys.rotation.left(left.reduce((total, { count }) => total + count, 0)))
  else if (from.length > 0) say(words.retireNext(from.join(' ')))
  return interrupted || left.length > 0 ? exitCodes.unsound : exitCodes.done
}

/** Says how far it is whenever another tenth is done, the first batch included. */
function tellTenths(): (progress: Progress) => void {
  let told = -1
  return ({ done, total }) => {
    const tenth = Math.floor((10 * done) / total)
    if (tenth === told) return
    told = tenth
    say(words.progress(done, total))
  }
}

async function retire(rotation: Rotation, trail: KeyTrail, kid: string): Promise<number> {
  return say((await rotation.retire(kid, trail)) ? en.keys.retired(kid) : en.keys.retiredBefore(kid))
}

function say(...lines: string[]): number {
  for (const each of lines) out.line(each)
  return exitCodes.done
}

function fail(error: unknown): number {
  if (error instanceof AppError) {
    const message = en.errors[error.code]
    for (const each of [message.whatHappened(error.params), ...message.whatToDo(error.params)]) aside.line(each)
    return exitCodes.refused
  }
  if (error instanceof TrailLostError) {
    aside.text(en.audit.lost(error.lost))
    return exitCodes.unexpected
  }
  aside.text(
    error instanceof Error ? (isExpected(error) ? error.message : (error.stack ?? error.message)) : 'unknown failure',
  )
  if (error instanceof UsageError) return exitCodes.usage
  if (error instanceof ConfigError) return exitCodes.settings
  return error instanceof KeyCheckError ? exitCodes.unfit : exitCodes.unexpected
}

function isExpected(error: Error): boolean {
  return [UsageError, ConfigError, KeyCheckError, DatabaseError].some(kind => error instanceof kind)
}

process.exitCode = await main(process.argv.slice(2)).catch(fail)
