// The part that every program built on the TypeScript SDKs writes: where tokens are kept, how the browser is opened.
import { randomUUID } from 'node:crypto';

export class MemoryProvider {
  /** `client`: pre-registered; `clientMetadataUrl`: a metadata document; neither: the client registers itself. */
  constructor({ name, redirectUrl, client, clientMetadataUrl }) {
    Object.assign(this, { redirectUrl, clientMetadataUrl, issuedState: randomUUID() });
    this.information = client;
    this.clientMetadata = {
      client_name: name,
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    this.saved = 0;
  }

  state() { return this.issuedState; }
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.current; }
  saveTokens(tokens) { this.current = tokens; this.saved += 1; }
  redirectToAuthorization(url) { this.authorizationUrl = url; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }

  /** What happens to every client after ten minutes: the access token is no longer accepted. */
  spoilAccessToken() {
    this.current = { ...this.current, access_token: `${this.current.access_token.slice(0, -8)}AAAAAAAA` };
  }
}
