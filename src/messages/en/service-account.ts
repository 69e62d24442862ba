export const serviceAccount = {
  title: 'Add a service account',
  lead: 'A service account signs in with a key instead of a person. It stays when people leave, and needs no consent screen.',
  steps: [
    'In the Google Cloud console, create a service account and a JSON key for it.',
    'In Google Ads, open the top manager account, then Admin, Access and security, and invite the e-mail address of the service account.',
    'Paste the JSON key here. It is checked with Google, sealed, and never shown again.',
  ],
  keyLabel: 'JSON key',
  keyHint: 'The whole file as downloaded, from { to }.',
  fileLabel: 'Or read it from a file',
  submit: 'Add the service account',
  replaces: 'A key of a service account that is already here replaces the earlier one.',
}
