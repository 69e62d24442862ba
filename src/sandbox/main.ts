import { parseArgs } from 'node:util'
import { generateScenario } from './generate.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'
import { loadScenario, type Scenario } from './scenario.ts'

const USAGE = `Usage: npm run sandbox -- [options]

  --port N          port to listen on (3001)
  --host H          loopback address (127.0.0.1)
  --scenario FILE   a scenario in JSON, instead of the invented agency
  --generate SPEC   a large scenario, as accounts=10000,managers=500,seed=7
  --state FILE      where grants and keys outlive a restart
`

try {
  const sandbox = await start()
  process.stdout.write(
    `Local Google (${sandbox.scenario.name}) at ${sandbox.origin}/\nGOOGLE_EMULATOR_HOST=${sandbox.host}\n`,
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void sandbox.close().then(() => process.exit(0)))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}

async function start(): Promise<Sandbox> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3001' },
      host: { type: 'string', default: '127.0.0.1' },
      scenario: { type: 'string' },
      generate: { type: 'string' },
      state: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    process.exit(0)
  }
  const scenario = await chosenScenario(values.scenario, values.generate)
  return startSandbox({
    port: portNumber(values.port),
    host: values.host,
    ...(scenario && { scenario }),
    ...(values.state !== undefined && { stateFile: values.state }),
  })
}

async function chosenScenario(file: string | undefined, spec: string | undefined): Promise<Scenario | undefined> {
  if (file !== undefined) return loadScenario(file)
  return spec === undefined ? undefined : generateScenario(generatorOptions(spec))
}

function generatorOptions(spec: string) {
  const known = ['accounts', 'managers', 'seed', 'fanout', 'people', 'direct']
  const given = spec.split(',').map(part => {
    const [name = '', value = ''] = part.split('=')
    if (!known.includes(name) || !/^\d+$/.test(value))
      throw new Error(`--generate: ${part}: expected ${known.join('=N, ')}=N`)
    return [name, Number(value)] as const
  })
  return { seed: 1, accounts: 1000, managers: 50, ...Object.fromEntries(given) }
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`--port: ${text} is not a port`)
  return port
}
