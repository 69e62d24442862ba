import type { DirectAccount } from '../../accounts/account.ts'
import { type ClientConfiguration, placeholders } from '../../configurations/configuration.ts'
import { accessTokenScript } from '../../configurations/formats/curl.ts'
import { type Format, files, formats } from '../../configurations/formats.ts'
import type { Connection } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'
import { nameMark } from './account-marks.ts'
import { type ConfigurationAddress, routes } from './routes.ts'

export interface ConfigurationInput {
  t: Messages
  connection: Connection
  configuration: ClientConfiguration
  /** Null when they could not be read. */
  direct: DirectAccount[] | null
  tab: ConfigurationTab
  /** The origin at which programs reach this installation. */
  publicUrl: string
  mayReveal: boolean
}

export type ConfigurationTab = 'access-token' | Format

export interface ConfigurationLocals {
  title: string
  connectionId: string
  googleEmail: string
  tab: ConfigurationTab
  customerId: CustomerId | null
  tabs: { label: string; href: string; current: boolean }[]
  /** Null when the accounts could not be read. */
  choices: { customerId: CustomerId | ''; label: string; selected: boolean }[] | null
  blocks: Block[]
  fillIn: { name: string; text: string }[]
  header: string | null
  /** Where the files can be had with their secrets; null for who may not, and where there is none. */
  revealHref: string | null
}

export interface RevealLocals {
  title: string
  connectionId: string
  googleEmail: string
  format: Format
  formatName: string
  loginCustomerId: CustomerId | ''
  customerId: CustomerId | ''
  backHref: string
  /** Empty until asked for. */
  blocks: Block[]
}

interface Block {
  id: string
  name: string
  where: string
  text: string
  /** Null for what is only to be copied. */
  downloadHref: string | null
  /** Whether it holds secrets. Then a button downloads it by POST, never a link. */
  secret?: boolean
}

export function presentConfiguration(input: ConfigurationInput): ConfigurationLocals {
  const { t, connection, configuration, tab } = input
  const { loginCustomerId, customerId } = configuration
  const address = { login_customer_id: loginCustomerId ?? '', customer_id: customerId ?? undefined }
  const blocks = tab === 'access-token' ? [accessTokenBlock(input)] : fileBlocks(input, tab, address)
  return {
    title: t.configuration.title,
    connectionId: connection.id,
    googleEmail: connection.email,
    tab,
    customerId,
    tabs: (['access-token', ...formats] as const).map(each => ({
      label: each === 'access-token' ? t.configuration.accessToken.tab : t.configuration.formats[each],
      href: routes.configuration(connection.id, { ...address, format: each }),
      current: each === tab,
    })),
    choices: choices(input),
    blocks,
    fillIn: fillIn(
      blocks.map(block => block.text),
      t,
    ),
    header: loginCustomerId === null ? null : `login-customer-id: ${loginCustomerId}`,
    revealHref:
      input.mayReveal && tab !== 'access-token' && connection.kind === 'user'
        ? routes.revealConfiguration(connection.id, { ...address, format: tab })
        : null,
  }
}

/** Before (`revealed` null) and after the secrets of one format are shown. */
export function presentReveal(
  input: Omit<ConfigurationInput, 'tab' | 'publicUrl' | 'mayReveal'> & {
    format: Format
    revealed: ClientConfiguration | null
  },
): RevealLocals {
  const { t, connection, format, revealed } = input
  const { loginCustomerId, customerId } = input.configuration
  const address = { login_customer_id: loginCustomerId ?? '', customer_id: customerId ?? undefined }
  return {
    title: t.configuration.reveal.title(t.configuration.formats[format], connection.email),
    connectionId: connection.id,
    googleEmail: connection.email,
    format,
    formatName: t.configuration.formats[format],
    loginCustomerId: loginCustomerId ?? '',
    customerId: customerId ?? '',
    backHref: routes.configuration(connection.id, { ...address, format }),
    blocks: revealed
      ? fileBlocks({ ...input, configuration: revealed }, format, address).map(block => ({
          ...block,
          downloadHref: block.downloadHref && withReveal(block.downloadHref),
          secret: true,
        }))
      : [],
  }
}

function withReveal(href: string): string {
  return `${href}&reveal=1`
}

function fileBlocks(
  { t, connection, configuration }: Pick<ConfigurationInput, 't' | 'connection' | 'configuration'>,
  format: Format,
  address: ConfigurationAddress,
): Block[] {
  return files[format].map((file, index) => {
    const notes = t.configuration.notesFor(format, file.name)
    return {
      id: `file-${index + 1}`,
      name: file.name,
      where: notes.where,
      text: file.render(configuration, notes),
      downloadHref: routes.configurationFile(connection.id, format, {
        ...address,
        variant: index > 0 ? 'json' : undefined,
        download: '1',
      }),
    }
  })
}

function accessTokenBlock({ t, connection, configuration, publicUrl }: ConfigurationInput): Block {
  const { name, lead } = t.configuration.accessToken
  const address = {
    url: `${publicUrl}${routes.accessToken(connection.id)}`,
    apiKey: placeholders.apiKey.placeholder,
  }
  const text = accessTokenScript(configuration, address, t.configuration.notesFor('curl', name))
  return { id: 'access-token', name, where: lead, text, downloadHref: null }
}

function choices({ t, direct, configuration }: ConfigurationInput): ConfigurationLocals['choices'] {
  if (direct === null) return null
  const accounts = direct.map(({ customerId, descriptiveName }) => ({
    customerId,
    label: `${nameMark(descriptiveName, t).text}, ${formatCustomerId(customerId)}`,
    selected: customerId === configuration.loginCustomerId,
  }))
  const none = configuration.loginCustomerId === null
  return [{ customerId: '', label: t.configuration.withoutLoginCustomer, selected: none }, ...accounts]
}

/** Only what stands in the files shown. */
function fillIn(texts: string[], { configuration }: Messages): ConfigurationLocals['fillIn'] {
  return Object.entries(configuration.fillIn)
    .filter(([name]) => texts.some(text => text.includes(name)))
    .map(([name, text]) => ({ name, text }))
}
