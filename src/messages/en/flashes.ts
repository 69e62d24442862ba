/** Said once on the page after the deed. */
export const flashes = {
  connected: (email: string) => `${email} is connected. Its accounts are below.`,
  reconnected: (email: string) => `${email} is connected again. Everything that used it works as before.`,
  refreshed: 'The accounts were read again from Google.',
}
