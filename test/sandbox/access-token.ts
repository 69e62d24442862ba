import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { signAssertion } from './assertion.ts'
import { ADWORDS, obtainTokens, postToken } from './sign-in.ts'

/** An access token for anybody of the scenario: people through the pages, service accounts by their key. */
export async function accessToken(sandbox: Sandbox, label: string): Promise<string> {
  const person = sandbox.scenario.people.find(known => known.label === label)
  if (person?.kind !== 'service_account') return (await obtainTokens(sandbox, label)).access_token
  const { body } = await postToken(sandbox, {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: signAssertion(sandbox.serviceAccountKeyFile(label), { scope: ADWORDS }),
  })
  return String(body.access_token)
}
