import { access } from './en/access.ts'
import { account } from './en/account.ts'
import { accounts } from './en/accounts.ts'
import { cli } from './en/cli.ts'
import { configuration } from './en/configuration.ts'
import { connections } from './en/connections.ts'
import { errors } from './en/errors.ts'
import { finding } from './en/finding.ts'
import { flashes } from './en/flashes.ts'
import { frame } from './en/frame.ts'
import { hierarchy } from './en/hierarchy.ts'
import { home } from './en/home.ts'
import { problems, problemWithoutWords } from './en/problems.ts'
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
  account,
  access,
  connections,
  configuration,
  serviceAccount,
  setup,
  finding,
  errors,
  cli,
  problems,
  problemWithoutWords,
}

export type Messages = typeof en
