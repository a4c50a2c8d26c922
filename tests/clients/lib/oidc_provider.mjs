// npm oidc-provider as the measure for our token endpoint: `node oidc_provider.mjs PORT`, in memory, one client.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey } = generateKeyPairSync('ed25519');
const key = { ...privateKey.export({ format: 'jwk' }), alg: 'EdDSA', use: 'sig', kid: 'one' };
const resource = `${issuer}/mcp/bench`;

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [{
    client_id: 'bench', client_secret: process.env.CLIENT_SECRET, grant_types: ['client_credentials'], redirect_uris: [],
    response_types: [], token_endpoint_auth_method: 'client_secret_basic', scope: 'mcp', id_token_signed_response_alg: 'EdDSA',
  }],
  scopes: ['mcp'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      getResourceServerInfo: () => ({
        scope: 'mcp', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'EdDSA' } },
      }),
    },
  },
});
provider.listen(port, '127.0.0.1', () => console.log(issuer));
