import { access } from './en/access.ts'
import { account } from './en/account.ts'
import { accounts } from './en/accounts.ts'
import { audit } from './en/audit.ts'
import { cli } from './en/cli.ts'
import { configuration } from './en/configuration.ts'
import { configurationCheck } from './en/configuration-check.ts'
import { connections } from './en/connections.ts'
import { errors } from './en/errors.ts'
import { find } from './en/find.ts'
import { finding } from './en/finding.ts'
import { flashes } from './en/flashes.ts'
import { frame } from './en/frame.ts'
import { health } from './en/health.ts'
import { hierarchy } from './en/hierarchy.ts'
import { home } from './en/home.ts'
import { keys } from './en/keys.ts'
import { lifecycle } from './en/lifecycle.ts'
import { links } from './en/links.ts'
import { members } from './en/members.ts'
import { notices } from './en/notices.ts'
import { passkeys } from './en/passkeys.ts'
import { problems, problemWithoutWords } from './en/problems.ts'
import { securityEvents } from './en/security-events.ts'
import { self } from './en/self.ts'
import { serviceAccount } from './en/service-account.ts'
import { setup } from './en/setup.ts'
import { words } from './en/words.ts'

/** Everything people read, in English. Other languages follow its shape. */
export const en = {
  /** BCP 47 tag for `lang` and for Intl. */
  locale: 'en-GB',
  words,
  frame,
  flashes,
  home,
  accounts,
  hierarchy,
  links,
  account,
  access,
  audit,
  connections,
  health,
  notices,
  lifecycle,
  configuration,
  configurationCheck,
  securityEvents,
  serviceAccount,
  members,
  self,
  passkeys,
  setup,
  find,
  finding,
  keys,
  errors,
  cli,
  problems,
  problemWithoutWords,
}

export type Messages = typeof en
