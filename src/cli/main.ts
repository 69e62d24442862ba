#!/usr/bin/env node
import '../no-debugger.ts'
import { spawn } from 'node:child_process'
import { en } from '../messages/en.ts'
import { aside, isTerminal, out } from '../terminal.ts'
import { customerId, readFlags, usage, withDashes } from './arguments.ts'
import { listAccessibleCustomers, printHierarchy } from './browse.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { readGenerateFlags } from './generate-flags.ts'
import { generateUserCredentials } from './generate-user-credentials.ts'

const apiVersion = 'v25'

/** `ads-keyring COMMAND`: what can be done from a terminal, without the server. */
async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2)
  if (command === 'generate-user-credentials') return generate(rest)
  if (command === 'list-accessible-customers' || command === 'hierarchy') return browse(command, rest)
  const asked = command === undefined || command === '--help' || command === '-h'
  if (!asked) throw usage(en.cli.unknownCommand(command))
  out.text(en.cli.help)
}

async function generate(args: string[]): Promise<void> {
  const { GOOGLE_ADS_DEVELOPER_TOKEN, ADS_KEYRING_API_KEY, GOOGLE_EMULATOR_HOST } = process.env
  const flags = readGenerateFlags(args, {
    developerToken: GOOGLE_ADS_DEVELOPER_TOKEN || null,
    keyringApiKey: ADS_KEYRING_API_KEY || null,
    apiVersion,
    say: out.line,
    sayAside: aside.line,
  })
  if (flags === null) return out.text(en.cli.generate.help)
  const { opensBrowser, ...options } = flags
  await generateUserCredentials({
    ...options,
    googleEmulatorHost: GOOGLE_EMULATOR_HOST || null,
    openBrowser: opensBrowser ? openBrowser : () => {},
  })
}

async function browse(command: 'list-accessible-customers' | 'hierarchy', args: string[]): Promise<void> {
  const values = readFlags({
    args: withDashes(args),
    options: {
      credentials: { type: 'string', short: 'c' },
      'login-customer-id': { type: 'string' },
      'api-version': { type: 'string', default: apiVersion },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return out.text(en.cli.browseHelp)
  if (!values.credentials) throw usage(en.cli.credentialsMissing)
  if (!/^v[0-9]{2}$/.test(values['api-version'])) throw usage(en.cli.versionWrong)
  const options = {
    credentialsPath: values.credentials,
    apiVersion: values['api-version'],
    developerToken: process.env.GOOGLE_ADS_DEVELOPER_TOKEN || null,
    googleEmulatorHost: process.env.GOOGLE_EMULATOR_HOST || null,
    json: values.json,
    say: out.line,
  }
  if (command === 'list-accessible-customers') return listAccessibleCustomers(options)
  return printHierarchy(options, customerId(values['login-customer-id'] ?? '', en.cli.loginCustomerMissing))
}

/** Opens the page where somebody sits in front; anywhere else the address on the screen serves. */
function openBrowser(url: string): void {
  const { platform, env } = process
  const command =
    platform === 'darwin' ? 'open' : platform === 'linux' && (env.DISPLAY || env.WAYLAND_DISPLAY) ? 'xdg-open' : null
  if (!isTerminal() || command === null) return
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

main().catch((error: unknown) => {
  const known = error instanceof CliError
  const text = known
    ? en.cli.errors[error.code](error.params)
    : error instanceof Error && error.stack !== undefined
      ? error.stack
      : 'unknown failure'
  aside.text(text)
  process.exitCode = known ? exitCodes[error.code] : 1
})
