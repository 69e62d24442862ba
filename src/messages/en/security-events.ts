export const securityEvents = {
  help: `Usage: npm run security-events -- COMMAND --key-file FILE

  register   have Google push security events to PUBLIC_URL/security-events, and ask for a verification event
  status     what Google has registered for this project
  verify     ask Google for a verification event; it appears in the log and in the audit trail
  disable    have Google stop; events in the meantime are lost

FILE is the JSON key of a service account with the role roles/riscconfigs.admin in the Cloud project of the OAuth
client. The RISC API must be enabled there. PUBLIC_URL and GOOGLE_EMULATOR_HOST are read from the environment.`,
  needsHttps: (url: string) => `Google pushes to https addresses only; PUBLIC_URL is ${url}.`,
  unreadable: (path: string, reason: string) => `The key file ${path} cannot be read (${reason}).`,
  registered: (receiver: string) =>
    `Registered: Google pushes security events to ${receiver}. A verification event is on its way; look for it in the audit trail.`,
  status: (receiver: string, enabled: boolean) =>
    `Google pushes security events to ${receiver}; the stream is ${enabled ? 'enabled' : 'disabled'}.`,
  nothing: 'Nothing is registered for this project.',
  asked: 'Google was asked for a verification event; look for it in the audit trail.',
  disabled: 'Disabled: Google pushes no more security events.',
}
