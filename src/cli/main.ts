#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { parseCustomerId } from '../customer-id.ts'
import { en } from '../messages/en.ts'
import { listAccessibleCustomers, printHierarchy } from './browse.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { generateUserCredentials } from './generate-user-credentials.ts'

/** `ads-keyring COMMAND`: what can be done from a terminal, without the server. */
async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2)
  if (command === 'generate-user-credentials') return generate(rest)
  if (command === 'list-accessible-customers' || command === 'hierarchy') return browse(command, rest)
  const asked = command === undefined || command === '--help' || command === '-h'
  if (!asked) throw new CliError('usage', { problem: en.cli.unknownCommand(command) })
  say(en.cli.help)
}

async function generate(args: string[]): Promise<void> {
  const values = readGenerate(args)
  if (values.help) return say(en.cli.generate.help)
  const clientSecretsPath = values['client-secrets-path']
  if (!clientSecretsPath) throw new CliError('usage', { problem: en.cli.generate.pathMissing })
  await generateUserCredentials({
    clientSecretsPath,
    additionalScopes: values['additional-scopes'] ?? [],
    port: wholeNumber(values.port ?? '0', '--port', 65_535),
    timeoutSeconds: wholeNumber(values.timeout ?? '300', '--timeout', 3_600),
    output: values.output ?? null,
    googleEmulatorHost: process.env.GOOGLE_EMULATOR_HOST || null,
    say,
    openBrowser: values['no-browser'] ? () => {} : openBrowser,
  })
}

async function browse(command: 'list-accessible-customers' | 'hierarchy', args: string[]): Promise<void> {
  const values = parse({
    args: withDashes(args),
    options: {
      credentials: { type: 'string', short: 'c' },
      'login-customer-id': { type: 'string' },
      'api-version': { type: 'string', default: 'v25' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return say(en.cli.browseHelp)
  if (!values.credentials) throw new CliError('usage', { problem: en.cli.credentialsMissing })
  if (!/^v[0-9]{2}$/.test(values['api-version'])) throw new CliError('usage', { problem: en.cli.versionWrong })
  const options = {
    credentialsPath: values.credentials,
    apiVersion: values['api-version'],
    developerToken: process.env.GOOGLE_ADS_DEVELOPER_TOKEN || null,
    googleEmulatorHost: process.env.GOOGLE_EMULATOR_HOST || null,
    json: values.json,
    say,
  }
  if (command === 'list-accessible-customers') return listAccessibleCustomers(options)
  const loginCustomerId = parseCustomerId(values['login-customer-id'] ?? '')
  if (loginCustomerId === null) throw new CliError('usage', { problem: en.cli.loginCustomerMissing })
  return printHierarchy(options, loginCustomerId)
}

/** Google's sample spells its flags with underscores, and takes several scopes after one flag. */
function readGenerate(args: string[]) {
  const spelled = withDashes(args)
  const repeated = spelled.flatMap((arg, index) => {
    const [before = ''] = spelled
      .slice(0, index)
      .filter(each => each.startsWith('-'))
      .slice(-1)
    const follows = before === '--additional-scopes' && !arg.startsWith('-') && spelled[index - 1] !== before
    return follows ? ['--additional-scopes', arg] : [arg]
  })
  return parse({
    args: repeated,
    options: {
      'client-secrets-path': { type: 'string', short: 'c' },
      'additional-scopes': { type: 'string', multiple: true },
      port: { type: 'string' },
      timeout: { type: 'string' },
      output: { type: 'string', short: 'o' },
      'no-browser': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}

function withDashes(args: string[]): string[] {
  return args.map(arg => (arg.startsWith('--') ? arg.replace(/^[^=]+/, name => name.replaceAll('_', '-')) : arg))
}

function parse<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>>['values'] {
  try {
    return parseArgs(config).values
  } catch (cause) {
    throw new CliError('usage', { problem: (cause as Error).message }, cause)
  }
}

function wholeNumber(text: string, flag: string, most: number): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= most) return Number(text)
  throw new CliError('usage', { problem: en.cli.notANumber(flag, most) })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Opens the page where somebody sits in front; anywhere else the address on the screen serves. */
function openBrowser(url: string): void {
  const { platform, env, stdout } = process
  const command =
    platform === 'darwin' ? 'open' : platform === 'linux' && (env.DISPLAY || env.WAYLAND_DISPLAY) ? 'xdg-open' : null
  if (!stdout.isTTY || command === null) return
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

main().catch((error: unknown) => {
  const known = error instanceof CliError
  const text = known
    ? en.cli.errors[error.code](error.params)
    : error instanceof Error
      ? error.stack
      : 'unknown failure'
  process.stderr.write(`${text}\n`)
  process.exitCode = known ? exitCodes[error.code] : 1
})
