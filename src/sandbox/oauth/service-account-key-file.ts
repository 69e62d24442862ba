import type { Person } from '../scenario.ts'
import type { World } from '../world.ts'
import { keyToPem } from './signing-keys.ts'

export interface ServiceAccountKeyFile {
  type: 'service_account'
  project_id: string
  private_key_id: string
  private_key: string
  client_email: string
  client_id: string
  auth_uri: string
  token_uri: string
  auth_provider_x509_cert_url: string
  client_x509_cert_url: string
  universe_domain: string
}

/** The key file as the Cloud console hands it out: Google's addresses, a key made by this sandbox. */
export function serviceAccountKeyFile(person: Person, world: World): ServiceAccountKeyFile {
  const key = world.serviceAccountKey(person)
  return {
    type: 'service_account',
    project_id: person.project ?? '',
    private_key_id: key.kid,
    private_key: keyToPem(key),
    client_email: person.email,
    client_id: person.sub,
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(person.email)}`,
    universe_domain: 'googleapis.com',
  }
}
