import { en } from '../messages/en.ts'
import { customerId, readFlags, usage, wholeNumber, withDashes } from './arguments.ts'
import {
  asConfiguration,
  type Destination,
  intoKeyring,
  type OutputFormat,
  onScreen,
  outputFormats,
  type Say,
} from './destination.ts'
import { type Keyring, parseKeyringUrl } from './keyring.ts'

/** What `generate-user-credentials` takes from where it runs. */
export interface Surroundings {
  developerToken: string | null
  keyringApiKey: string | null
  apiVersion: string
  /** Prints on standard output. */
  say: Say
  /** Prints on standard error. */
  sayAside: Say
}

export interface GenerateFlags {
  clientSecretsPath: string
  additionalScopes: string[]
  port: number
  timeoutSeconds: number
  destination: Destination
  /** Leaves standard output to the configuration where that is what is printed. */
  tell: Say
  opensBrowser: boolean
}

/**
 * Reads the flags of `generate-user-credentials`; null when help is asked for. Throws CliError `usage` or
 * `output_not_written`.
 */
export function readGenerateFlags(args: string[], surroundings: Surroundings): GenerateFlags | null {
  const values = readFlags({
    args: eachScopeWithItsFlag(withDashes(args)),
    options: {
      'client-secrets-path': { type: 'string', short: 'c' },
      'additional-scopes': { type: 'string', multiple: true },
      port: { type: 'string', default: '0' },
      timeout: { type: 'string', default: '300' },
      format: { type: 'string' },
      'login-customer-id': { type: 'string' },
      output: { type: 'string', short: 'o' },
      keyring: { type: 'string' },
      'api-key': { type: 'string' },
      code: { type: 'string' },
      'no-browser': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return null
  const { say, sayAside } = surroundings
  const { 'client-secrets-path': clientSecretsPath, format, output } = values
  if (!clientSecretsPath) throw usage(en.cli.generate.pathMissing)
  const tell = format !== undefined && output === undefined ? sayAside : say
  return {
    clientSecretsPath,
    additionalScopes: values['additional-scopes'] ?? [],
    port: wholeNumber(values.port, { flag: '--port', least: 0, most: 65_535 }),
    timeoutSeconds: wholeNumber(values.timeout, { flag: '--timeout', least: 1, most: 3_600 }),
    destination: readDestination(values, { ...surroundings, tell }),
    tell,
    opensBrowser: !values['no-browser'],
  }
}

interface DestinationFlags {
  format?: string | undefined
  'login-customer-id'?: string | undefined
  output?: string | undefined
  keyring?: string | undefined
  'api-key'?: string | undefined
  code?: string | undefined
}

function readDestination(flags: DestinationFlags, surroundings: Surroundings & { tell: Say }): Destination {
  const t = en.cli.generate
  const { 'login-customer-id': loginCustomer, keyring, output, code } = flags
  if (flags['api-key'] !== undefined) throw usage(t.keyInArguments)
  if (code !== undefined && keyring === undefined) throw usage(t.codeAlone)
  const format = flags.format === undefined ? null : readFormat(flags.format)
  if (loginCustomer !== undefined && (format === null || format === 'json')) throw usage(t.loginCustomerUnused)
  if (keyring !== undefined) {
    if (format !== null || output !== undefined) throw usage(t.keyringAlone)
    return intoKeyring(readKeyring(keyring, code ?? surroundings.keyringApiKey), surroundings.say)
  }
  if (format === null && output === undefined) return onScreen(surroundings.say)
  return asConfiguration({
    ...surroundings,
    format: format ?? 'json',
    output: output ?? null,
    loginCustomerId: loginCustomer === undefined ? null : customerId(loginCustomer, en.cli.loginCustomerWrong),
  })
}

function readFormat(text: string): OutputFormat {
  const format = outputFormats.find(each => each === text)
  if (format === undefined) throw usage(en.cli.generate.formatUnknown(text, outputFormats.join(', ')))
  return format
}

function readKeyring(url: string, key: string | null): Keyring {
  const t = en.cli.generate
  const origin = parseKeyringUrl(url)
  if (origin === null) throw usage(t.keyringWrong)
  if (key === null) throw usage(t.keyringKeyMissing)
  if (!/^[!-~]+$/.test(key)) throw usage(t.keyringKeyWrong)
  return { origin, key }
}

/** Google's sample takes several scopes after one flag. */
function eachScopeWithItsFlag(args: string[]): string[] {
  const flag = '--additional-scopes'
  let last = ''
  return args.flatMap((arg, index) => {
    if (arg.startsWith('-')) last = arg
    const follows = last === flag && arg !== flag && args[index - 1] !== flag
    return follows ? [flag, arg] : [arg]
  })
}
