import './no-debugger.ts'

import { createApp } from './app.ts'
import { TrailLostError } from './audit/trail.ts'
import { ConfigError, parseConfig, secretSettings } from './config.ts'
import { createContext } from './context.ts'
import { DatabaseError } from './db/database.ts'
import { createLog } from './log.ts'
import { en } from './messages/en.ts'
import { debuggingOptions } from './no-debugger.ts'
import { listen, stopSignal } from './server.ts'
import { aside } from './terminal.ts'
import { InstanceError } from './vault/instances.ts'
import { KeyCheckError } from './vault/key-check.ts'

/** The whole life of the server: settings, parts, listening, a signal, the end. */
async function main(): Promise<void> {
  const config = parseConfig(process.env)
  const debugging = debuggingOptions(process.env.NODE_OPTIONS)
  if (config.production && debugging.length > 0) throw new ConfigError([noDebugging(debugging)])
  // A child process, a report or a dump of the environment need not hold them any more.
  for (const name of secretSettings) delete process.env[name]
  const log = createLog(config.logLevel)
  process.on('uncaughtException', error => {
    log.fatal({ err: error }, 'stopping after an unexpected failure')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  })
  const context = await createContext(config, log)
  const { app, stop } = createApp(context)
  const server = await listen(app, config)
  const stopped = stopSignal()
  log.info(
    { url: config.publicUrl, redirectUri: config.redirectUri, googleStandIn: config.googleEmulatorHost },
    'Ads Keyring is ready',
  )

  log.info({ signal: await stopped }, 'stopping')
  stop()
  await server.close()
  await context.close()
}

main().catch((error: unknown) => {
  const expected = [ConfigError, KeyCheckError, InstanceError, DatabaseError].some(kind => error instanceof kind)
  aside.text(expected ? (error as Error).message : describe(error))
  process.exitCode = 1
})

function noDebugging(options: string[]): string {
  return `${options.join(', ')}: start without it. It would let somebody read every key in memory. To look for a fault, set NODE_ENV=development on a machine without real credentials.`
}

function describe(error: unknown): string {
  if (error instanceof TrailLostError) return en.audit.lost(error.lost)
  return `Ads Keyring could not start: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown cause'}`
}
