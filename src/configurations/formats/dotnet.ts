import {
  type ClientConfiguration,
  type ConfigurationFile,
  type CredentialKeys,
  credentialComments,
  credentialEntries,
  demandedDeveloperToken,
  type Entry,
  entries,
  fileOf,
  lines,
  oneLine,
} from '../configuration.ts'

const keys: CredentialKeys = {
  clientId: 'OAuth2ClientId',
  clientSecret: 'OAuth2ClientSecret',
  refreshToken: 'OAuth2RefreshToken',
  keyFilePath: 'OAuth2SecretsJsonPath',
  impersonatedEmail: 'OAuth2PrnEmail',
}

/** google-ads-dotnet, the XML form: a section of App.config that the library's own handler reads. */
export const dotnetXml: ConfigurationFile = {
  name: 'App.config',
  render: (configuration, notes) =>
    fileOf(
      '<?xml version="1.0" encoding="utf-8"?>',
      xmlComment(notes.where),
      '<configuration>',
      '  <configSections>',
      '    <section name="GoogleAdsApi" type="System.Configuration.DictionarySectionHandler" />',
      '  </configSections>',
      '  <GoogleAdsApi>',
      `    ${xmlComment(notes.developerToken)}`,
      credentialComments(configuration, notes, text => `    ${xmlComment(text)}`, keys),
      lines(settings(configuration), notes, xmlComment, xmlEntry).map(line => `    ${line}`),
      '  </GoogleAdsApi>',
      '</configuration>',
    ),
}

/** The same as JSON, which has no comments. */
export const dotnetJson: ConfigurationFile = {
  name: 'appsettings.json',
  render: configuration =>
    fileOf(JSON.stringify({ GoogleAdsApi: Object.fromEntries(settings(configuration)) }, null, 2)),
}

function settings(configuration: ClientConfiguration): Entry[] {
  return entries(
    ['DeveloperToken', demandedDeveloperToken(configuration)],
    ['OAuth2Mode', configuration.credential.kind === 'user' ? 'APPLICATION' : 'SERVICE_ACCOUNT'],
    ...credentialEntries(configuration, keys),
    ['LoginCustomerId', configuration.loginCustomerId],
  )
}

/** XML 1.0 has no notation for these characters, not even as a reference. */
const notXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const references: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Line breaks and tabs in an attribute become blanks unless they are written as references. */
function xmlEntry(key: string, value: string): string | null {
  if (notXml.test(value)) return null
  const escaped = value.replace(/[&<>"'\t\n\r\u0085\u2028]/g, each => references[each] ?? `&#${each.charCodeAt(0)};`)
  return `<add key="${key}" value="${escaped}" />`
}

function xmlComment(text: string): string {
  const held = [...oneLine(text)].filter(each => !notXml.test(each)).join('')
  return `<!-- ${held.replace(/-(?=-)/g, '- ')} -->`
}
