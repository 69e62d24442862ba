import { createApp } from './app.ts'
import { ConfigError, parseConfig } from './config.ts'
import { createContext } from './context.ts'
import { DatabaseError } from './db/database.ts'
import { createLog } from './log.ts'
import { listen, stopSignal } from './server.ts'
import { KeyCheckError } from './vault/key-check.ts'

/** The whole life of the server: settings, parts, listening, a signal, the end. */
async function main(): Promise<void> {
  const config = parseConfig(process.env)
  const log = createLog(config.logLevel)
  process.on('uncaughtException', error => {
    log.fatal({ err: error }, 'stopping after an unexpected failure')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  })
  const context = await createContext(config, log)
  const { app, stop } = createApp(context)
  const server = await listen(app, config)
  log.info(
    { url: config.publicUrl, redirectUri: config.redirectUri, googleStandIn: config.googleEmulatorHost },
    'Ads Keyring is ready',
  )

  log.info({ signal: await stopSignal() }, 'stopping')
  stop()
  await server.close()
  await context.close()
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof KeyCheckError || error instanceof DatabaseError
  process.stderr.write(`${expected ? error.message : describe(error)}\n`)
  process.exitCode = 1
})

function describe(error: unknown): string {
  return `Ads Keyring could not start: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown cause'}`
}
