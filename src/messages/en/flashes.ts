/** Said once on the page after the deed. */
export const flashes = {
  connected: (email: string) => `${email} is connected. Its accounts are below.`,
  reconnected: (email: string) => `${email} is connected again. Everything that used it works as before.`,
  imported: (email: string) =>
    `${email} is connected. Google took the credential and said whose it is; it now lies sealed here.`,
  stillPaused: (email: string) =>
    `${email} has a new credential. The connection is still paused; it is used again once somebody resumes it.`,
  connectedByAnother: (email: string, owner: string) =>
    `You are signed in as ${email}. This Google account is already connected here by ${owner}; nothing was changed.`,
  refreshed: 'The accounts were read again from Google.',
}
