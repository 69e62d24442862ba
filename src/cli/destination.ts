import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { type ClientConfiguration, type ConfigurationFile, placeholders } from '../configurations/configuration.ts'
import { type Format, files, formats } from '../configurations/formats.ts'
import type { CustomerId } from '../customer-id.ts'
import { signInScopes } from '../google/oauth.ts'
import { en } from '../messages/en.ts'
import { CliError } from './cli-error.ts'
import { authorizedUserFile, type UserCredentials } from './credentials-file.ts'
import { handOver, type Keyring } from './keyring.ts'

/** Where credentials go once Google has given them. */
export interface Destination {
  /** What it asks of Google beside Google Ads. */
  scopes: string[]
  /** What the browser is told once `take` has resolved. */
  doneText: string
  /** Throws CliError; then nothing was kept anywhere. */
  take(credentials: UserCredentials): Promise<void>
}

/** Prints a line. */
export type Say = (line: string) => void

const t = en.cli.generate

/** The refresh token in the terminal, as Google's sample does. */
export function onScreen(say: Say): Destination {
  return {
    scopes: [],
    doneText: t.doneText,
    async take({ refreshToken }) {
      say(t.refreshToken(refreshToken))
      say(t.whereItGoes)
    },
  }
}

export const outputFormats = ['json', ...formats] as const
export type OutputFormat = (typeof outputFormats)[number]

export interface ConfigurationOptions {
  format: OutputFormat
  /** A file that is not there yet; null prints. */
  output: string | null
  loginCustomerId: CustomerId | null
  developerToken: string | null
  apiVersion: string
  /** What was asked for. */
  say: Say
  /** What is said beside it. */
  tell: Say
}

/**
 * A ready configuration of a client library, or an authorized_user file. Throws CliError `output_not_written` at once
 * where it cannot be written, before a person signs in for nothing.
 */
export function asConfiguration(options: ConfigurationOptions): Destination {
  const { output, say, tell } = options
  if (output !== null) requireWritable(output)
  return {
    scopes: [],
    doneText: t.doneText,
    async take(credentials) {
      const text = configurationText(credentials, options)
      if (output === null) for (const line of text.trimEnd().split('\n')) say(line)
      else {
        write(output, text)
        tell(t.written(output))
      }
      const { placeholder } = placeholders.customerId
      if (text.includes(placeholder)) tell(t.customerToFillIn(placeholder))
    },
  }
}

/** A running Ads Keyring, which wants to know whose credentials they are. */
export function intoKeyring(keyring: Keyring, say: Say): Destination {
  return {
    scopes: signInScopes,
    doneText: t.handedOverPage(keyring.origin),
    async take(credentials) {
      const { email, address } = await handOver(keyring, credentials)
      say(t.handedOver(keyring.origin, email))
      say(address)
    },
  }
}

function configurationText(credentials: UserCredentials, options: ConfigurationOptions): string {
  const { format, output, loginCustomerId, developerToken, apiVersion } = options
  if (format === 'json') return authorizedUserFile(credentials)
  const configuration: ClientConfiguration = {
    credential: {
      kind: 'user',
      clientId: credentials.clientId,
      clientSecret: { revealed: credentials.clientSecret },
      refreshToken: { revealed: credentials.refreshToken },
    },
    developerToken: developerToken === null ? null : { revealed: developerToken },
    loginCustomerId,
    customerId: null,
    apiVersion,
  }
  const file = fileFor(format, output)
  return file.render(configuration, en.configuration.notesFor(format, file.name))
}

/** C# has two; the name of the output tells which. */
function fileFor(format: Format, output: string | null): ConfigurationFile {
  const wanted = extname(output ?? '').toLowerCase()
  return files[format].find(({ name }) => extname(name) === wanted) ?? files[format][0]
}

function requireWritable(path: string): void {
  if (existsSync(path)) throw new CliError('output_not_written', { path, reason: 'EEXIST' })
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

function write(path: string, text: string): void {
  try {
    // `wx`: a file that is there keeps its content and its mode.
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

function notWritten(path: string, cause: unknown): CliError {
  return new CliError('output_not_written', { path, reason: (cause as NodeJS.ErrnoException).code ?? '' }, cause)
}
