import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    engine: { type: 'string' },
    seed: { type: 'string' },
  },
})

// The rounds are a test, so that a few of them run in every `npm test`.
const child = spawn('npx', ['vitest', 'run', 'test/process/kill.test.ts', '--disable-console-intercept=true'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    KILLS: values.kills,
    ...(values.engine && { ENGINE: values.engine }),
    ...(values.seed && { SEED: values.seed }),
  },
})
child.on('exit', code => {
  process.exitCode = code ?? 1
})
