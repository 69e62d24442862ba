/** One line after a change, shown once. */
export const flashes = {
  connected: (email: string) => `${email} is connected. These are the accounts it opens directly.`,
  reconnected: (email: string) => `${email} is connected again.`,
  signedOut: 'You are signed out. Connections stay as they are.',
  refreshed: 'Read again from Google.',
}
