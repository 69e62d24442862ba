import { createServer, type Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { Control, type RecordedRequest } from './control.ts'
import { GoogleServer } from './google-server.ts'
import { type ServiceAccountKeyFile, serviceAccountKeyFile } from './oauth/service-account-key-file.ts'
import type { Scenario } from './scenario.ts'
import { agencyScenario } from './scenarios/agency.ts'
import { StateFile } from './state-file.ts'
import { World } from './world.ts'

export interface SandboxOptions {
  /** Any free port when absent or 0. */
  port?: number
  /** A loopback address; anything else is refused. */
  host?: string
  /** The agency scenario when absent. */
  scenario?: Scenario
  /** Where grants, refresh tokens and keys outlive a restart. */
  stateFile?: string
  /** Where security events go without a registration, e.g. `http://localhost:3000/security-events`. */
  securityEventsUrl?: string
  now?: () => number
}

export interface Sandbox {
  /** `host:port`, the form of GOOGLE_EMULATOR_HOST. */
  host: string
  origin: string
  port: number
  scenario: Scenario
  control: Control
  requests: RecordedRequest[]
  /** The key file of a service account, by label or e-mail. Throws for anybody else. */
  serviceAccountKeyFile(person: string): ServiceAccountKeyFile
  close(): Promise<void>
}

/** Starts a local Google. Throws when the address is not loopback or the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', scenario = agencyScenario, now = Date.now } = options
  if (!isLoopback(host)) throw new Error(`The sandbox listens on loopback only, not on ${host}.`)
  const stateFile = options.stateFile === undefined ? undefined : new StateFile(options.stateFile)
  const makeWorld = (): World => new World(scenario, now, () => stateFile?.schedule(control.world))
  const control = new Control(makeWorld(), makeWorld)
  await stateFile?.restore(control.world)
  control.setSecurityEventsUrl(options.securityEventsUrl ?? null)
  const google = new GoogleServer(control)
  const server = createServer((request, response) => void google.handle(request, response))
  await listen(server, port, host)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no port')
  const shownHost = `${host.includes(':') ? `[${host}]` : host}:${address.port}`
  google.origin = `http://${shownHost}`
  return {
    host: shownHost,
    origin: google.origin,
    port: address.port,
    scenario,
    control,
    requests: control.requests,
    serviceAccountKeyFile: name => keyFile(name, control.world),
    close: async () => {
      server.close()
      server.closeAllConnections()
      await stateFile?.flush(control.world)
      while (server.listening) await wait(1)
    },
  }
}

function keyFile(name: string, world: World): ServiceAccountKeyFile {
  const account = world.person(name)
  if (account?.kind !== 'service_account') throw new Error(`${name} is no service account of the scenario`)
  return serviceAccountKeyFile(account, world)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}
