// SPDX-License-Identifier: GPL-3.0-or-later
// An identity provider on loopback: npm's oidc-provider with its built-in pages.
//
//   node idp.mjs PORT CERTIFICATE KEY
//
// Users are the names with which one logs in; any password is right. Each grant that was given or
// refused is a line on standard output.
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.env.IDP_MODULES + '/');
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const [port, certificate, key] = process.argv.slice(2);
const issuer = `https://127.0.0.1:${port}`;
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const native = (client_id, more) => ({
  client_id,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', DEVICE],
  ...more,
});

const provider = new Provider(issuer, {
  clients: [
    native('public'),
    native('rotating'), // gets a new refresh token with each access token
    native('short'), // whose access tokens last for seconds
    native('confidential', {
      client_secret: 'not-so-secret',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token', DEVICE, 'client_credentials'],
    }),
    { // the mail server
      client_id: 'mailserver',
      client_secret: 'mailserver-secret',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
  ],
  scopes: ['openid', 'offline_access', 'smtp'],
  clientBasedCORS: () => false,
  pkce: { required: () => true },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_, client) => client.clientId === 'mailserver' },
    registration: { enabled: true },
    revocation: { enabled: true },
  },
  ttl: {
    AccessToken: (_, token, client) => (client.clientId === 'short' ? 3 : 300),
    AuthorizationCode: 60,
    ClientCredentials: 300,
    DeviceCode: 300,
    Grant: 3600,
    IdToken: 300,
    Interaction: 300,
    RefreshToken: 3600,
    Session: 3600,
  },
  rotateRefreshToken: (ctx) => ctx.oidc.client.clientId === 'rotating',
  issueRefreshToken: async (_, client, code) =>
    client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  // Dovecot looks for the name of the user there.
  extraTokenClaims: (_, token) => ({ username: token.accountId ?? token.clientId }),
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['tests'] },
});
const note = (word) => (ctx, error) => {
  const { params, client } = ctx.oidc;
  console.log(word, params?.grant_type, client?.clientId, error?.error ?? '');
};
provider.on('grant.success', note('gave'));
provider.on('grant.error', note('refused'));

https
  .createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) },
    provider.callback())
  .listen(port, '127.0.0.1', () => console.log('ready'));
